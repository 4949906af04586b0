"""What the tests fetch. A worker imports this module, so it can be told the functions by name."""

from __future__ import annotations

import os
import threading
from dataclasses import dataclass
from multiprocessing import get_context, util
from multiprocessing.synchronize import Semaphore
from typing import Any

from pytest_sensei.dojo import stillness


class Signal(Semaphore):
    """A semaphore that can travel with a job, under every start method: it is opened again by its name.

    The primitives of multiprocessing refuse that. Do not copy this: it lives on internals.
    """

    def __init__(self) -> None:
        super().__init__(0, ctx=get_context("spawn"))  # under "spawn" the name is kept

    def __getstate__(self) -> tuple[Any, ...]:
        lock = self._semlock  # type: ignore[attr-defined]
        return (lock.handle, lock.kind, lock.maxvalue, lock.name)


def page_of(url: str) -> str:
    return f"page of {url}"


def pid_of_worker(_url: str) -> int:
    return os.getpid()


@dataclass(frozen=True)
class StaysLate:
    """Lets the worker go home only when the caller sleeps: who does not wait for the workers goes on."""

    caller: int

    def __call__(self, url: str) -> str:
        util.Finalize(None, stillness.until_asleep, args=(self.caller,), exitpriority=0)
        return page_of(url)


@dataclass(frozen=True)
class TakesLong:
    """Fetches until the caller has nothing to do but to wait."""

    caller: int

    def __call__(self, url: str) -> str:
        stillness.until_all_asleep(self.caller)
        return page_of(url)


def nothing(_url: str) -> None:
    """Fetch an empty page, which is a page as well."""


def good_or_bad(url: str) -> str:
    if url.startswith("bad"):
        raise ConnectionError(f"no answer from {url}")
    return page_of(url)


class MeetingFetch:
    """Fetches each of two urls while the other one is being fetched."""

    def __init__(self) -> None:
        self.signals = {"here": Signal(), "there": Signal()}

    def __call__(self, url: str) -> int:
        other = "there" if url == "here" else "here"
        self.signals[url].release()
        self.signals[other].acquire()  # for ever, until the other one is being fetched
        return os.getpid()


class Notes:
    """Callbacks that write down what they were called with, and in which process."""

    def __init__(self) -> None:
        self.pages: list[Any] = []
        self.errors: list[str] = []
        self.pids: set[int] = set()

    def page(self, page: Any) -> None:
        self.pages.append(page)
        self.pids.add(os.getpid())

    def error(self, error: Exception) -> None:
        self.errors.append(repr(error))
        self.pids.add(os.getpid())


class PickyNotes(Notes):
    """Raises once: at the first call in the main thread, or at the last of so many calls in another one.

    A thread of a pool must have no more results to take in when it dies of that. Else the pool would not
    wait for ever, but look for ever, and what never sleeps cannot be proved to be stuck.
    """

    def __init__(self, calls: int) -> None:
        super().__init__()
        self.calls = calls

    def page(self, page: Any) -> None:
        super().page(page)
        self.perhaps_raise()

    def error(self, error: Exception) -> None:
        super().error(error)
        self.perhaps_raise()

    def perhaps_raise(self) -> None:
        in_main_thread = threading.current_thread() is threading.main_thread()
        if len(self.pages) + len(self.errors) == (1 if in_main_thread else self.calls):
            raise KeyError("in the callback")


class AngryNotes(Notes):
    """Raises at each call, and says which one it was."""

    def page(self, page: Any) -> None:
        super().page(page)
        raise KeyError(f"in callback {len(self.pages)}")
