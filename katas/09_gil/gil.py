"""Kata 09: which operations are one step, and which only look like it?"""

from __future__ import annotations

from collections.abc import Iterable
from threading import Lock
from typing import Protocol

# TODO: answer each with True or False.
#
# True:  when each of two threads runs it once, at the same time, nothing can be lost or torn.
# False: there is an order in which the two get in each other's way.
#
# `x`, `a` and `b` are globals, `obj` is an object of a plain class, `items` is a list, `d` is
# a dict with strings as keys. No thread holds any lock.
ATOMIC: dict[str, bool | None] = {
    "x += 1": None,
    "obj.n += 1": None,
    "d['k'] += 1": None,
    "items.append(x)": None,
    "items.pop()": None,
    "d['k'] = x": None,
    "d.get('k')": None,
    "d.setdefault('k', [])": None,
    "a, b = b, a": None,
    "if k not in d: d[k] = x": None,
}


class Target(Protocol):
    """A number that many threads add to, and the lock that protects it."""

    lock: Lock
    value: int


def add_all(target: Target, numbers: Iterable[int]) -> None:
    """Add the numbers to `target.value` under `target.lock`, so that nobody's addition is lost.

    The lock is free again when the call is over, also when it ends with an exception.
    """
    raise NotImplementedError("TODO: add the numbers")
