"""Holds the lock over the whole loop, by hand."""

from __future__ import annotations

from typing import Any

ATOMIC: dict[str, bool] = {
    "if k not in d: d[k] = x": False,
    "a, b = b, a": False,
    "x += 1": False,
    "obj.n += 1": False,
    "d['k'] += 1": False,
    "items.append(x)": True,
    "items.pop()": True,
    "d['k'] = x": True,
    "d.get('k')": True,
    "d.setdefault('k', [])": True,
}


def add_all(target: Any, numbers: list[int]) -> None:
    target.lock.acquire()
    try:
        for number in numbers:
            target.value = target.value + number
    finally:
        target.lock.release()
