"""Blocks of shared memory: who made each, where, and whether it was closed and unlinked."""

from __future__ import annotations

import os
import weakref
from multiprocessing import resource_tracker, shared_memory
from typing import TYPE_CHECKING, Any, Protocol

from pytest_sensei.primitives import openings
from pytest_sensei.primitives.threads import callers

if TYPE_CHECKING:
    from pytest_sensei.primitives.openings import Sites

_posix: Any = getattr(shared_memory, "_posixshmem", None)
_DEPTH = 8  # call sites that are kept

_init = shared_memory.SharedMemory.__init__
_close = shared_memory.SharedMemory.close
_del = shared_memory.SharedMemory.__del__
_unlink = shared_memory.SharedMemory.unlink


class Block:
    """One use of a block of shared memory: by whoever made it, or by somebody who attached to it."""

    __slots__ = (
        "closed", "identity", "key", "made", "makes", "name", "refer", "serial", "size", "tracker", "unlinked",
    )  # fmt: skip

    def __init__(self, target: Any, made: Sites) -> None:
        self.closed = False  # somebody has called close()
        self.unlinked = False
        self.made = made
        self.makes = bool(target._flags & os.O_EXCL)  # the block itself; else it was there before
        self.name: str = target._name
        self.size: int = target.size
        self.identity = openings.identity_of(target._fd)
        self.tracker = tracker() if getattr(target, "_track", True) else None
        self.serial = openings.now()
        self.key = id(target)
        self.refer = weakref.ref(target, self._gone)

    def __call__(self) -> Any:
        """Return the object, as long as it lives."""
        return self.refer()

    @property
    def exists(self) -> bool:
        """Tell whether the block is still there, for whoever knows its name."""
        return exists(self.name, self.identity)

    def _gone(self, _reference: object) -> None:
        if self.closed and (self.unlinked or not self.makes):
            blocks.pop(self.serial, None)


blocks: dict[int, Block] = {}
"""What lives, or is not yet closed or unlinked, by serial."""


class Announcer(Protocol):
    """In a child: lets the watching process know."""

    def made(self, block: Block) -> None: ...

    def unlinked(self, name: str) -> None: ...


announce: Announcer | None = None


def announce_to(new: Announcer | None) -> None:
    """Have the blocks that are made or unlinked from now on announced."""
    global announce  # noqa: PLW0603
    announce = new


def forget() -> None:
    """Begin anew: in a forked child, where what the parent made is the parent's to unlink."""
    blocks.clear()
    announce_to(None)


def forget_settled() -> None:
    """Drop the records of what nobody has to answer for any more."""
    for serial, block in list(blocks.items()):
        if block() is None and (block.unlinked or not block.makes):
            blocks.pop(serial, None)


def tracker() -> tuple[int, int] | None:
    """Return the identity of the resource tracker that this process tells; None when it has told none yet."""
    fd = getattr(resource_tracker._resource_tracker, "_fd", None)
    return openings.identity_of(fd) if fd is not None else None


def exists(name: str, identity: tuple[int, int] | None) -> bool:
    """Tell whether a block is there under that name and is the same one."""
    if _posix is None:
        return False  # a block of Windows is gone when the last process has closed it
    try:
        fd = _posix.shm_open(name, os.O_RDONLY, mode=0)
    except OSError:
        return False
    try:
        return openings.identity_of(fd) == identity
    finally:
        os.close(fd)


def remove(name: str, known_to: tuple[int, int] | None) -> None:
    """Unlink a block whose object is gone, and tell so the resource tracker, if it is ours that knows of it."""
    if _posix is None:
        return
    try:
        _posix.shm_unlink(name)
    except FileNotFoundError:
        return
    if known_to is not None and known_to == tracker():
        resource_tracker.unregister(name, "shared_memory")


# -- what stands in for the standard library's


def init(self: Any, *args: Any, **options: Any) -> None:
    _init(self, *args, **options)
    block = Block(self, callers(1, _DEPTH))
    blocks[block.serial] = block
    if announce is not None and block.makes:
        announce.made(block)


def close(self: Any) -> None:
    """End this process's use of the block; see `multiprocessing.shared_memory.SharedMemory.close`."""
    _close(self)
    found = _block_of(self)
    if found is not None:
        found.closed = True


def __del__(self: Any) -> None:  # noqa: N807 - stands for the method of that name in tracebacks
    """Close it at its collection, as the original does; that nobody closed it before stays true."""
    found = _block_of(self)
    closed = found is None or found.closed
    _del(self)
    if found is not None:
        found.closed = closed


def unlink(self: Any) -> None:
    """Remove the block; see `multiprocessing.shared_memory.SharedMemory.unlink`."""
    _unlink(self)
    for block in list(blocks.values()):
        if block.name == self._name:
            block.unlinked = True
    if announce is not None:
        announce.unlinked(self._name)


def _block_of(target: object) -> Block | None:
    return next(
        (block for block in list(blocks.values()) if block.key == id(target) and block() is target), None
    )
