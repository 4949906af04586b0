"""A lock that expires, with its owner in it, for both functions."""

import contextlib
import time
import uuid


@contextlib.contextmanager
def locked(client, key):
    name, token = "lock/" + key, uuid.uuid4().hex.encode()
    delay = 0.005
    while not client.add(name, token, expire=30, noreply=False):
        time.sleep(delay)
        delay = min(delay * 1.5, 0.1)
    try:
        yield
    finally:
        if client.get(name) == token:
            client.delete(name, noreply=False)


def cached(client, key, make, ttl):
    value = client.get(key)
    if value is None:
        with locked(client, key):
            value = client.get(key)
            if value is None:
                client.set(key, make(), expire=ttl, noreply=False)
                value = client.get(key)
    return value


def add_to(client, key, n):
    with locked(client, key):
        total = int(client.get(key) or b"0") + n
        client.set(key, str(total).encode("ascii"), noreply=False)
        return total
