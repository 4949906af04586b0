"""Those who look on while tickets are sold: at the lock, at the file, and at who writes it."""

from __future__ import annotations

import contextlib
import json
import multiprocessing
import os
import sys
from collections.abc import Callable
from multiprocessing.sharedctypes import Synchronized
from multiprocessing.synchronize import Event, Lock
from pathlib import Path
from typing import Any

import psutil
import pytest
from pytest_sensei.dojo import stillness

NAME = "tickets.json"  # of the file, in whatever folder
WRITING = os.O_WRONLY | os.O_RDWR


class Office(str):
    """The path of the file: a string that has a Path's attributes, too, for either may be wanted."""

    __slots__ = ()

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return getattr(Path(self), name)

    def __truediv__(self, other: str) -> Path:
        return Path(self) / other

    @property
    def seats(self) -> Any:
        return json.loads(Path(self).read_text(encoding="utf-8"))["seats"]

    @seats.setter
    def seats(self, number: int) -> None:
        Path(self).write_text(json.dumps({"seats": number}), encoding="utf-8")


class LockWithACrowd:
    """A lock for which others have waited: in the moment when one gets it, they have just bought."""

    def __init__(self, office: Office, left: int) -> None:
        self._office = office
        self._left = left
        self.held = False
        self.taken = 0
        self.seats_at_release: list[int] = []

    def acquire(self, block: bool = True, timeout: float | None = None) -> bool:
        assert not self.held, "the lock was taken twice"
        self.held = True
        self.taken += 1
        self._office.seats = self._left
        return True

    def release(self) -> None:
        assert self.held, "the lock was given back, and had not been taken"
        self.held = False
        self.seats_at_release.append(self._office.seats)

    def __enter__(self) -> bool:
        return self.acquire()

    def __exit__(self, *_: object) -> None:
        self.release()


class BusyLock(LockWithACrowd):
    """A lock that others have for a while: who does not wait for it without limit gets it at the third attempt."""

    def __init__(self, office: Office, left: int) -> None:
        super().__init__(office, left)
        self.refused = 0

    def acquire(self, block: bool = True, timeout: float | None = None) -> bool:
        if (not block or timeout is not None) and self.refused < 2:
            self.refused += 1
            return False
        return super().acquire()


def everything_seen_during(call: Callable[[], object], office: Office) -> set[str]:
    """Read the file at every step that a call takes, as another process could."""
    seen = set()

    def look(*_: object) -> None:
        try:
            seen.add(Path(office).read_text(encoding="utf-8"))
        except FileNotFoundError:
            seen.add("no file")

    sys.setprofile(look)
    try:
        call()
    finally:
        sys.setprofile(None)
    return seen


def buy_in_vain_and_stay(broken: str, lock: Lock, told: Event, may_end: Event) -> None:
    """Buy where the file is broken, get over it, and do something else."""
    from ticket_office import buy

    with contextlib.suppress(Exception):
        buy(broken, lock)
    told.set()
    may_end.wait()


# Who writes? Python tells its audit hooks whenever a file is opened or renamed. A forked child inherits them.


def read_values_slowly(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    """Let each process hold what it has read of a Value until another one has read it, too, or cannot."""
    parent = os.getpid()
    value: Any = vars(Synchronized)["value"]

    def read(self: Any) -> Any:
        result = value.fget(self)
        mine = folder / f"read.{os.getpid()}"
        if os.getpid() != parent and not mine.exists():
            mine.touch()
            stillness.until_all_asleep(parent, unless=lambda: len(list(folder.glob("read.*"))) > 1)
        return result

    monkeypatch.setattr(Synchronized, "value", property(read, value.fset))


class Doorman:
    """Lets the first buyer who is about to write wait for a second one: it comes if nobody keeps it out.

    When all others sleep, the second one is kept out, or there is none.
    """

    def __init__(self, office: Office, notes: Path, buyers: int) -> None:
        self._office = str(office)
        self._folder = Path(office).parent
        self._test = os.getpid()
        self._relatives = len(psutil.Process().children())
        self._buyers = buyers
        self._arrivals = os.open(notes / "arrivals", os.O_CREAT | os.O_RDWR | os.O_APPEND)
        self._sales = os.open(notes / "sales", os.O_CREAT | os.O_RDWR | os.O_APPEND)
        self._waiting = os.open(notes / "waiting", os.O_CREAT | os.O_RDWR | os.O_APPEND)
        self._has_arrived = False
        self.sold_by_the_test = 0  # how often the file was replaced by the process of the test itself

    @property
    def sales(self) -> int:
        """How often the file was replaced by a child."""
        return os.fstat(self._sales).st_size

    @property
    def all_were_there(self) -> bool:
        """Whether there were so many children when the first one was about to write."""
        return os.fstat(self._waiting).st_size > 0

    def heard(self, event: str, arguments: tuple[Any, ...]) -> None:
        if os.getpid() == self._test:
            self.sold_by_the_test += event == "os.rename" and os.fspath(arguments[1]) == self._office
            return
        if event == "open" and isinstance(arguments[0], (str, os.PathLike)):
            name, _, flags = arguments
            if flags & WRITING and Path(name).parent == self._folder:
                self._arrive()
        elif event == "os.rename" and os.fspath(arguments[1]) == self._office:
            self._arrive()
            os.write(self._sales, b".")

    def _arrive(self) -> None:
        if self._has_arrived:
            return
        self._has_arrived = True
        os.write(self._arrivals, b".")
        stillness.until_all_asleep(self._test, unless=lambda: os.fstat(self._arrivals).st_size > 1)
        if self._all_are_there():
            os.write(self._waiting, b".")

    def _all_are_there(self) -> bool:
        return len(psutil.Process(self._test).children()) >= self._relatives + self._buyers

    def close(self) -> None:
        for descriptor in (self._arrivals, self._sales, self._waiting):
            os.close(descriptor)


doorman: Doorman | None = None


def _tell(event: str, arguments: tuple[Any, ...]) -> None:
    if event == "os.rename" and multiprocessing.parent_process() is not None:
        _refuse_what_is_not_there(*arguments[:2])
    if doorman is not None and event in {"open", "os.rename"}:
        doorman.heard(event, arguments)


def _refuse_what_is_not_there(new: str, old: object) -> None:
    """Stop a buyer who sells more seats than there are: it might never stop by itself."""
    if str(old).endswith(NAME) and Office(new).seats < 0:
        raise RuntimeError("a seat was sold, and there was none")


sys.addaudithook(_tell)  # for as long as Python runs
