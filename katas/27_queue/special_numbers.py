"""Numbers that notice how they are squared. They steer the workers: a worker that was forked shares `meeting`,
`company`, `last_is_back`, `guest_book` and `caller` with the test; in one that was started in another way they
are not there, and nothing waits.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from multiprocessing import util
from multiprocessing.synchronize import Barrier, Event
from pathlib import Path

from pytest_sensei.dojo import stillness
from pytest_sensei.dojo.stillness import Company

meeting: Barrier | None = None
company: Company | None = None
last_is_back: Event | None = None
guest_book: Path | None = None
caller: int | None = None  # the process that a patient number waits for
slow_caller: int | None = None  # the process in which the first square to arrive lingers


class Special(int):
    def square(self) -> int:
        raise NotImplementedError

    def __mul__(self, other: object) -> int:
        return self.square()

    def __pow__(self, exponent: object, modulus: object = None) -> int:  # type: ignore[override]
        return self.square()


class Where(Special):
    """Its square is the process that computes it, when it has company."""

    def square(self) -> int:
        if company is not None:
            company.join()
        return os.getpid()


class Meeting(Special):
    """Is squared when another one is being squared, too."""

    def square(self) -> int:
        if meeting is not None:
            meeting.wait()
        return int(self) ** 2


class Great(Special):
    """Has a square that takes much room on its way back."""

    def square(self) -> int:
        return Heavy(int(self) ** 2)


class Heavy(int):
    def __reduce__(self) -> tuple[Callable[[int, bytes], int], tuple[int, bytes]]:
        return weighed, (int(self), bytes(300_000))


def weighed(value: int, _ballast: bytes) -> int:
    return value


class Patient(Special):
    """Is squared when the caller has come to rest, or has given up."""

    def square(self) -> int:
        if caller is not None:
            stillness.until_asleep(caller)
        return int(self) ** 2


class Guest(Special):
    """Is squared by a worker that signs the book when it comes, and once more when it ends by itself."""

    def square(self) -> int:
        if guest_book is not None:
            name = str(os.getpid())
            (guest_book / name).mkdir(parents=True, exist_ok=True)
            util.Finalize(None, (guest_book / name / "home").touch, exitpriority=0)
        return int(self) ** 2


class Lingering(Special):
    def square(self) -> int:
        return Slow(int(self) ** 2)


class Slow(int):
    """Arrives in the caller when all workers have come to rest: they have sent what they had, and may have ended."""

    def __reduce__(self) -> tuple[Callable[[int], int], tuple[int]]:
        return arrive, (int(self),)


def arrive(value: int) -> int:
    global slow_caller
    if slow_caller == os.getpid():
        slow_caller = None
        stillness.until_all_asleep(os.getpid())
    return value


class First(Special):
    """Is squared after `Last` has been squared, and its square is on its way back."""

    def square(self) -> int:
        if last_is_back is not None:
            last_is_back.wait()
        return int(self) ** 2


class Last(Special):
    def square(self) -> int:
        return Announced(int(self) ** 2)


class Announced(int):
    """Tells when it is sent: what its process has put before has been sent already."""

    def __reduce__(self) -> tuple[type[int], tuple[int]]:
        if last_is_back is not None:
            last_is_back.set()
        return int, (int(self),)


class FirstFails(First):
    def square(self) -> int:
        super().square()
        raise KeyError("first in order")


class SecondFails(Special):
    def square(self) -> int:
        raise ZeroDivisionError("first in time")
