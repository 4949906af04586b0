"""A stream and a consumer group; entries that nobody acknowledges for a while are claimed. A script counts."""

from __future__ import annotations

import uuid

import redis

STREAM, GROUP = "jobs", "workers"
FORGOTTEN_MS = 300


def push(client, job):
    client.xadd(STREAM, {"job": job})


def work(client, handle, stop):
    try:
        client.xgroup_create(STREAM, GROUP, id="0", mkstream=True)
    except redis.ResponseError as error:
        if "BUSYGROUP" not in str(error):
            raise
    me = uuid.uuid4().hex
    while not stop.is_set():
        for entry, fields in claim(client, me) or read(client, me):
            handle(next(iter(fields.values())).decode())
            client.xack(STREAM, GROUP, entry)
            client.xdel(STREAM, entry)


def claim(client, me):
    return client.xautoclaim(STREAM, GROUP, me, FORGOTTEN_MS, count=1)[1]


def read(client, me):
    found = client.xreadgroup(GROUP, me, {STREAM: ">"}, count=1, block=400)
    if not found:
        return []
    streams = found.items() if isinstance(found, dict) else found
    for _, entries in streams:
        nested = entries and isinstance(entries[0], list)  # in newer clients
        return entries[0] if nested else entries
    return []


def count(client, name):
    return client.eval("return redis.call('INCRBY', KEYS[1], 1)", 1, name)
