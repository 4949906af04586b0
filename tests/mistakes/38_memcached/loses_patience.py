"""Looks some times for the value that another process makes, and then makes it, too.

expect: failure
test: test_it_waits_for_as_long*
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

LOCK = ":being-made"
LOCK_SECONDS = 60  # longer than `make` takes; a killed maker holds up the others for so long at most
NAP = 0.02


def cached(client: Any, key: str, make: Callable[[], str], ttl: int) -> Any:
    """Return the value of `key`; when there is none, one process makes it, for `ttl` seconds."""
    for _ in range(25):
        value = client.get(key)
        if value is not None:  # an empty value is a value
            return value
        if client.add(key + LOCK, b"1", expire=LOCK_SECONDS, noreply=False):  # only one of all succeeds
            try:
                return make_unless_made(client, key, make, ttl)
            finally:
                client.delete(key + LOCK, noreply=False)
        time.sleep(NAP)  # memcached cannot wake us: look again, but not all the time
    return make_unless_made(client, key, make, ttl)


def make_unless_made(client: Any, key: str, make: Callable[[], str], ttl: int) -> Any:
    """Make the value, unless somebody has done so between our look and our lock."""
    value = client.get(key)
    if value is None:
        value = make()
        client.set(key, value, expire=ttl, noreply=False)
    return value


def add_to(client: Any, key: str, n: int) -> int:
    """Add `n` to the number at `key`, which counts as 0 when it is missing, and return the new number."""
    while True:
        value, version = client.gets(key)
        new = int(value or 0) + n
        if value is None:
            written = client.add(key, str(new), noreply=False)  # fails when somebody else was first
        else:
            written = client.cas(key, str(new), version, noreply=False)  # fails when it has changed
        if written:
            return new
