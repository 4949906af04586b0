"""How the tests have items handled. A consumer that was forked shares `meeting`, `company`, `last_is_back` and
`guest_book` with the test; in one that was started in another way they are not there, and nothing waits.
"""

from __future__ import annotations

import os
from multiprocessing import util
from multiprocessing.synchronize import Barrier, Event
from pathlib import Path
from typing import Any

from pytest_sensei.dojo.stillness import Company

meeting: Barrier | None = None
company: Company | None = None
last_is_back: Event | None = None
guest_book: Path | None = None


def double(item: Any) -> Any:
    return item * 2


def same(item: Any) -> Any:
    return item


def where(_item: object) -> int:
    if company is not None:
        company.join()
    return os.getpid()


def meet(item: Any) -> Any:
    if meeting is not None:
        meeting.wait()
    return item


def sign(item: Any) -> Any:
    """Sign the book for this consumer, and once more when it ends by itself."""
    if guest_book is not None:
        name = str(os.getpid())
        (guest_book / name).mkdir(parents=True, exist_ok=True)
        util.Finalize(None, (guest_book / name / "home").touch, exitpriority=0)
    return item


def weigh(item: bytes) -> tuple[int, bytes]:
    """Return the length and the first, middle and last byte."""
    return len(item), bytes({item[0], item[len(item) // 2], item[-1]})


def swell(_item: object) -> bytes:
    return bytes(300_000)  # a pipe has room for 64 kB


class Announced(str):
    """Tells when it is sent: what its process has put before has been sent already."""

    __slots__ = ()

    def __reduce__(self) -> tuple[type[str], tuple[str]]:
        if last_is_back is not None:
            last_is_back.set()
        return str, (str(self),)


def first_comes_last(item: str) -> str:
    """Handle the item "first" when the result of "last" is on its way back."""
    if item.startswith("first") and last_is_back is not None:
        last_is_back.wait()
    if item.endswith("lost"):
        raise KeyError(item)
    if item.endswith("broken"):
        raise ValueError(item)
    return Announced(item) if item == "last" else item


def note(item: tuple[str, str]) -> str:
    """Fail for broken items; leave a file for each of the others."""
    folder, name = item
    if name.startswith("broken"):
        raise ValueError(name)
    with open(os.path.join(folder, name), "w"):  # noqa: PTH118, PTH123
        return name
