"""Waits for the lock for a second, and adds in any case.

expect: race, failure
test: test_add_all_waits*
"""

from __future__ import annotations

from collections.abc import Iterable
from threading import Lock
from typing import Protocol

ATOMIC: dict[str, bool] = {
    "x += 1": False,  # reads, adds, writes
    "obj.n += 1": False,  # the same, on an attribute
    "d['k'] += 1": False,  # the same, on an item
    "items.append(x)": True,  # one call into the list
    "items.pop()": True,  # one call: no item goes to two threads
    "d['k'] = x": True,  # one call into the dict; the later one wins, whole
    "d.get('k')": True,  # one call: the old value or the new one
    "d.setdefault('k', [])": True,  # one call that looks and sets; both get the same list
    "a, b = b, a": False,  # two reads, then two writes
    "if k not in d: d[k] = x": False,  # looks, then acts: setdefault is the one-step form
}


class Target(Protocol):
    """A number that many threads add to, and the lock that protects it."""

    lock: Lock
    value: int


def add_all(target: Target, numbers: Iterable[int]) -> None:
    """Add the numbers to `target.value` under `target.lock`."""
    subtotal = sum(numbers)
    locked = target.lock.acquire(timeout=1)
    target.value += subtotal
    if locked:
        target.lock.release()
