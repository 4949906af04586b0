"""The family's directory: notes, records of holds, and a verdict. Files only; memory-backed where possible.

Files need no pipe end, no socket and no thread, and a process that is killed leaves them behind.
"""

from __future__ import annotations

import contextlib
import mmap
import os
import pickle
import shutil
import struct
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_sensei.watch import procfs
from pytest_sensei.watch.notes import Note

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_sensei.watch.verdicts import FamilyVerdict

_MEMORY = Path("/dev/shm")  # noqa: S108 - a directory of our own is made in it, closed to others
_PREFIX = "pytest-sensei-"
# challenges, verdicts, next look, changes, proving, members, earliest look
_HEAD = struct.Struct("=QQdQ?xxxId")
_HEAD_SIZE = 64


class Head:
    """A few numbers that the whole family reads and writes, in shared memory."""

    def __init__(self, path: Path) -> None:
        fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            os.ftruncate(fd, _HEAD_SIZE)
            self._map = mmap.mmap(fd, _HEAD_SIZE)
        finally:
            os.close(fd)

    def _get(self, index: int) -> float:
        value: float = _HEAD.unpack_from(self._map)[index]
        return value

    @property
    def challenges(self) -> int:
        """Count of the times that somebody asked all waiters to tell more."""
        return int(self._get(0))

    def challenge(self) -> None:
        struct.pack_into("=Q", self._map, 0, self.challenges + 1)

    @property
    def verdicts(self) -> int:
        """Count of the verdicts given."""
        return int(self._get(1))

    def count_verdict(self) -> None:
        struct.pack_into("=Q", self._map, 8, self.verdicts + 1)

    @property
    def next_look(self) -> float:
        """Before this moment nobody looks again, on the system's monotonic clock."""
        return self._get(2)

    def pause(self, until: float, *, unless_changed: float = 0.0) -> None:
        """Let nobody look before `until`, nor before `unless_changed` as long as nobody tells anything new."""
        struct.pack_into("=d", self._map, 16, max(until, unless_changed))
        struct.pack_into("=d", self._map, 40, until)

    @property
    def changes(self) -> int:
        """Count of the notes that told something new."""
        return int(self._get(3))

    def change(self) -> None:
        struct.pack_into("=Q", self._map, 24, self.changes + 1)
        struct.pack_into("=d", self._map, 16, min(self.next_look, self._get(6)))

    @property
    def members(self) -> int:
        """Count of the processes that the last look saw."""
        return int(self._get(5))

    @members.setter
    def members(self, count: int) -> None:
        struct.pack_into("=I", self._map, 36, count)

    @property
    def proving(self) -> bool:
        """Tell whether a test runs and verdicts are wanted."""
        return bool(self._get(4))

    @proving.setter
    def proving(self, on: bool) -> None:
        struct.pack_into("=?", self._map, 32, on)


_heads: dict[Path, Head] = {}


def _head_of(folder: Path) -> Head:
    """Return the head of a directory; a forked child has its parent's: the memory is shared."""
    if folder not in _heads:
        _heads.clear()
        _heads[folder] = Head(folder / "head")
    return _heads[folder]


class Home:
    """The directory, as one process of the family uses it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.head = _head_of(folder)
        self.pid = os.getpid()
        self.start = procfs.start(self.pid)
        self._note = folder / f"note.{self.pid}.{self.start}"
        self._fresh = folder / f"fresh.{self.pid}"
        self._verdict = folder / "verdict"

    @classmethod
    def make(cls) -> Home:
        """Make the directory of a new family; whoever left one behind is swept up."""
        base = _MEMORY if os.access(_MEMORY, os.W_OK) else Path(tempfile.gettempdir())
        _sweep(base)
        folder = Path(tempfile.mkdtemp(prefix=f"{_PREFIX}{os.getpid()}-", dir=base))
        return cls(folder)

    def remove(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)

    # -- notes

    def hang_out(self, note: Note) -> None:
        """Put the process's note where the others find it, in one step."""
        fd = os.open(self._fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        try:
            os.write(fd, pickle.dumps(note))
        finally:
            os.close(fd)
        os.replace(self._fresh, self._note)  # noqa: PTH105

    def take_in(self) -> None:
        """Remove the note: it is not true any more."""
        with contextlib.suppress(OSError):
            os.unlink(self._note)  # noqa: PTH108

    def note_of(self, pid: int, start: int) -> Note | None:
        """Return what a process told last."""
        try:
            text = (self.folder / f"note.{pid}.{start}").read_bytes()
        except OSError:
            return None
        found = pickle.loads(text)  # noqa: S301 - written by our own code, in a directory closed to others
        return found if isinstance(found, Note) else None

    # -- members

    def members(self) -> Iterator[tuple[int, int]]:
        """Yield process identifier and start of everybody who ever belonged to the family."""
        for name in os.listdir(self.folder):  # noqa: PTH208
            if name.startswith("holds."):
                _, pid, start = name.split(".")
                yield int(pid), int(start)

    # -- the verdict

    def give(self, verdict: FamilyVerdict) -> bool:
        """Write down a verdict for the watching process, unless there is one already."""
        fresh = self.folder / f"verdict.{self.pid}"
        fresh.write_bytes(pickle.dumps(verdict))
        try:
            os.link(fresh, self._verdict)
        except OSError:
            return False
        finally:
            fresh.unlink()
        self.head.count_verdict()
        return True

    def take(self) -> FamilyVerdict | None:
        """Return the verdict that somebody gave, and clear the place for the next."""
        try:
            text = self._verdict.read_bytes()
            self._verdict.unlink()
        except OSError:
            return None
        verdict: FamilyVerdict = pickle.loads(text)  # noqa: S301 - as above
        return verdict


def _sweep(base: Path) -> None:
    """Remove the directories of runs that were killed."""
    for folder in base.glob(f"{_PREFIX}*"):
        pid = folder.name[len(_PREFIX) :].partition("-")[0]
        if pid.isdigit() and not _is_alive(int(pid)):
            shutil.rmtree(folder, ignore_errors=True)


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True
