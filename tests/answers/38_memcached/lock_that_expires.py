"""The lock is a value with an owner; whoever waits, waits longer and longer. Adds with `incr` where it can."""

import time
import uuid


def cached(client, key, make, ttl):
    wait = 0.005
    while (value := client.get(key)) is None:
        me = uuid.uuid4().hex.encode()
        if client.add(key + ".lock", me, expire=30, noreply=False):
            try:
                value = client.get(key)
                if value is None:
                    value = make()
                    client.add(key, value, expire=ttl, noreply=False)
                return value
            finally:
                if client.get(key + ".lock") == me:
                    client.delete(key + ".lock", noreply=False)
        time.sleep(wait)
        wait = min(wait * 2, 0.2)
    return value


def add_to(client, key, n):
    client.add(key, b"0", noreply=False)
    return client.incr(key, n)
