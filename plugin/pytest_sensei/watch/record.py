"""What a process holds of the shared semaphores, in a file that survives it: who, how often, taken where."""

from __future__ import annotations

import contextlib
import mmap
import os
import struct
from typing import TYPE_CHECKING, NamedTuple

from pytest_sensei.primitives import semaphores
from pytest_sensei.primitives.semaphores import SLOT as _SLOT
from pytest_sensei.watch.places import line_of

if TYPE_CHECKING:
    from pathlib import Path
    from types import CodeType

    from pytest_sensei.primitives.semaphores import Guard

_HEADER = struct.Struct("=?120s")  # whether it has all from its parent; the process's name
_FIRST = 128
_SIZE = 1 << 16
_pack = _SLOT.pack_into
_BLOCK = 4096


class Site(NamedTuple):
    """A line of code that took something, told without the code: its file, function and line."""

    co_filename: str
    co_name: str
    co_firstlineno: int
    line: int


class Taken(NamedTuple):
    """One entry of a process's record."""

    pid: int
    start: int
    process: str
    key: int
    ident: int
    times: int  # taken, less given back
    site: Site | None


class Record:
    """This process's own record; written at each acquire and release, so it does little."""

    def __init__(self, folder: Path, pid: int, start: int) -> None:
        fd = os.open(folder / f"holds.{pid}.{start}", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            os.ftruncate(fd, _SIZE)
            self._map = mmap.mmap(fd, _SIZE)
        finally:
            os.close(fd)
        self._sites_path = folder / f"sites.{pid}.{start}"
        self._sites: dict[tuple[CodeType | None, int], int] = {}
        self._next = _FIRST

    def named(self, name: str, *, ready: bool) -> None:
        """Write down how the process is called, and whether it has unpickled all its parent sent."""
        _HEADER.pack_into(self._map, 0, ready, name.encode()[:120])

    def enter(self, guard: Guard) -> None:
        slot = guard.slot if guard.page is not None else self._allot(guard)
        try:
            site = self._sites[guard.code, guard.lasti]
        except KeyError:
            site = self._learn(guard.code, guard.lasti)
        owner = guard.owner
        _pack(self._map, slot, guard.key, owner.ident if owner is not None else 0, guard.count, site)

    def _allot(self, guard: Guard) -> int:
        if self._next + _SLOT.size > _SIZE:
            self._tidy()
            if guard.page is not None:
                return guard.slot  # it is among what is held
        guard.slot = slot = min(self._next, _SIZE - _SLOT.size)
        guard.page = self._map
        self._next = slot + _SLOT.size
        return slot

    def _tidy(self) -> None:
        """Give every slot back, but those of what is held."""
        self._map[_FIRST:_SIZE] = bytes(_SIZE - _FIRST)
        self._next = _FIRST
        for guard in list(semaphores.guards):
            guard.page = None
        for guard in list(semaphores.guards):
            if guard.count and self._next + _SLOT.size < _SIZE:
                self.enter(guard)

    def _learn(self, code: CodeType | None, lasti: int) -> int:
        number = len(self._sites) + 1
        line = "\t\t0\t0\n"
        if code is not None:
            line = f"{code.co_filename}\t{code.co_name}\t{code.co_firstlineno}\t{line_of(code, lasti)}\n"
        with (
            contextlib.suppress(OSError),  # the run may be over: nobody will ask
            self._sites_path.open("ab", buffering=0) as file,
        ):
            file.write(line.encode("utf-8", "surrogateescape"))
        self._sites[code, lasti] = number
        return number


class Member(NamedTuple):
    """What a process's record says of the process itself."""

    pid: int
    start: int
    name: str
    ready: bool


def read_member(folder: Path, pid: int, start: int) -> Member | None:
    data = _bytes_of(folder, pid, start)
    if len(data) < _FIRST:
        return None
    ready, name = _HEADER.unpack_from(data)
    return Member(pid, start, name.rstrip(b"\0").decode("utf-8", "replace"), ready)


def read_taken(folder: Path, pid: int, start: int) -> list[Taken]:
    """Return what a process has taken and not given back, alive or dead; and what it gave back too often."""
    data = _bytes_of(folder, pid, start)
    if len(data) < _FIRST:
        return []
    name = _HEADER.unpack_from(data)[1].rstrip(b"\0").decode("utf-8", "replace")
    found = []
    sites: list[Site] | None = None
    for key, ident, count, site in _SLOT.iter_unpack(_whole_slots(data)):
        if key and count:
            sites = _read_sites(folder, pid, start) if sites is None else sites
            where = sites[site - 1] if 0 < site <= len(sites) else None
            found.append(Taken(pid, start, name, key, ident, count, where))
        elif not key:
            break
    return found


def _whole_slots(data: bytes) -> bytes:
    size = (len(data) - _FIRST) // _SLOT.size * _SLOT.size
    return data[_FIRST : _FIRST + size]


def _bytes_of(folder: Path, pid: int, start: int) -> bytes:
    """Return a record as far as it is used: slots are given out in order, and have a key."""
    try:
        with (folder / f"holds.{pid}.{start}").open("rb", buffering=0) as file:
            data = block = file.read(_BLOCK)
            while len(block) == _BLOCK and any(block[-2 * _SLOT.size :]):
                block = file.read(_BLOCK)
                data += block
            return data
    except OSError:
        return b""


def _read_sites(folder: Path, pid: int, start: int) -> list[Site]:
    try:
        text = (folder / f"sites.{pid}.{start}").read_text("utf-8", "surrogateescape")
    except OSError:
        return []
    return [_site(line) for line in text.splitlines()]


def _site(line: str) -> Site:
    filename, name, first, number = line.split("\t")
    return Site(filename, name, int(first), int(number))
