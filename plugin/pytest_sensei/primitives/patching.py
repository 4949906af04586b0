"""Puts our primitives behind the standard library's names, and takes them away again."""

from __future__ import annotations

import os
import queue
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pytest_sensei.primitives import clock, locks, queues, runtime, threads

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True, slots=True)
class Patch:
    """One name of the standard library and what stands behind it while we are installed."""

    owner: Any
    name: str
    ours: Any


PATCHES = (
    Patch(threading, "Lock", locks.Lock),
    Patch(threading, "RLock", locks.RLock),
    Patch(threading, "_allocate_lock", locks.Latch),
    Patch(threading.Thread, "start", threads.start),
    Patch(threading.Thread, "join", threads.join),
    Patch(threading.Thread, "is_alive", threads.is_alive),
    Patch(threading.Thread, "_bootstrap_inner", threads.bootstrap_inner),
    Patch(queue, "SimpleQueue", queues.SimpleQueue),
    Patch(time, "sleep", clock.sleep),
)

_originals: list[tuple[Patch, Any]] = []
_depth = 0


def install() -> None:
    """Put our primitives in place. Calls nest: as many `uninstall`s take them away."""
    global _depth  # noqa: PLW0603
    _depth += 1
    if _depth > 1:
        return
    for patch in PATCHES:
        _originals.append((patch, getattr(patch.owner, patch.name)))
        setattr(patch.owner, patch.name, patch.ours)
    _reset_after_fork_once()


def uninstall() -> None:
    """Put the originals back, unless somebody else has replaced ours in the meantime."""
    global _depth  # noqa: PLW0603
    _depth -= 1
    if _depth:
        return
    while _originals:
        patch, original = _originals.pop()
        if getattr(patch.owner, patch.name) is patch.ours:
            setattr(patch.owner, patch.name, original)


def installed() -> bool:
    """Tell whether our primitives are in place."""
    return _depth > 0


@contextmanager
def installation() -> Iterator[None]:
    """Have our primitives in place for a block."""
    install()
    try:
        yield
    finally:
        uninstall()


_fork_hooked = False


def _reset_after_fork_once() -> None:
    global _fork_hooked  # noqa: PLW0603
    if not _fork_hooked and hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=_after_fork)
        _fork_hooked = True


def _after_fork() -> None:
    """In a forked child only the forking thread lives on."""
    mine = runtime.current_strand()
    for strand in list(runtime.strands.values()):
        if strand is not mine:
            runtime.end_strand(strand)
    runtime.watch_with(None)
    runtime.explore_with(None)
