"""Takes the lock for each number: slower, and others get their turn in between."""

from __future__ import annotations

from typing import Any

ATOMIC = dict.fromkeys(
    ["items.append(x)", "items.pop()", "d['k'] = x", "d.get('k')", "d.setdefault('k', [])"], True
) | dict.fromkeys(["x += 1", "obj.n += 1", "d['k'] += 1", "a, b = b, a", "if k not in d: d[k] = x"], False)


def add_all(target: Any, numbers: Any) -> None:
    for number in numbers:
        with target.lock:
            target.value += number
