"""Threads that wait for a module which another thread is importing: the lock around each import has an owner.

The lock is the import system's own and never ours, so nobody tells of the wait; the frame of the waiter does
(`_ModuleLock.acquire`, CPython, Lib/importlib/_bootstrap.py). Module locks that wait for each other are resolved
there; an import that waits for a thread, which waits for that import, is not.
"""

from __future__ import annotations

import importlib._bootstrap
from typing import TYPE_CHECKING, NamedTuple

from pytest_sensei.primitives.runtime import Waiting
from pytest_sensei.primitives.undisturbed import local_variables

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import FrameType

TYPE = "import"
_ACQUIRE = importlib._bootstrap._ModuleLock.acquire.__code__  # type: ignore[attr-defined]


class Imported(NamedTuple):
    """A module that is being imported."""

    name: str
    owner: int  # the identifier of the thread that imports it
    lock: int  # the identity of its lock


_waits: dict[int, Waiting] = {}


def waits(frames: Mapping[int, FrameType]) -> dict[int, Waiting]:
    """Return who waits for another thread's import, by thread; as long as a wait goes on, it is the same object."""
    global _waits  # noqa: PLW0603
    found = {}
    for ident, frame in frames.items():
        module = _awaited(ident, frame)
        if module is not None:
            before = _waits.get(ident)
            found[ident] = (
                before if before is not None and before.resource == module else Waiting(module, None)
            )
    _waits = found
    return found


def _awaited(ident: int, frame: FrameType) -> Imported | None:
    if frame.f_code is not _ACQUIRE:
        return None
    lock = local_variables(frame)["self"]
    owner = lock.owner
    return Imported(lock.name, owner, id(lock)) if owner not in (None, ident) else None
