"""A place is claimed with `add`, and filled with `cas`."""

import time

CLAIMED = b"\x00claimed"


def cached(client, key, make, ttl):
    while True:
        if client.add(key, CLAIMED, expire=30, noreply=False):
            try:
                value = make()
            except BaseException:
                client.delete(key, noreply=False)
                raise
            client.set(key, value, expire=ttl, noreply=False)
            return value
        value = client.get(key)
        if value not in (None, CLAIMED):
            return value
        time.sleep(0.03)


def add_to(client, key, n):
    for _ in range(1000):
        number, token = client.gets(key)
        if token is None:
            if client.add(key, n, noreply=False):
                return n
        elif client.cas(key, int(number) + n, token, noreply=False):
            return int(number) + n
    raise RuntimeError(f"{key} is changed all the time")
