"""Spawns, shares one lock, steps that nothing can interrupt, and callbacks instead of waiting."""

from __future__ import annotations

import itertools
import multiprocessing
import threading
from collections.abc import Callable
from concurrent.futures import Executor
from typing import Any

# -- 1. A process is forked while a thread holds a lock. After Delgan/loguru, issue 231.


class Journal:
    """Entries from many threads; a child process saves them, so that nobody waits for the disk."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._entries: list[str] = []

    def extend(self, entries: Any) -> None:
        """Add all entries as one: nobody sees some of them without the others."""
        with self._lock:
            for entry in entries:
                self._entries.append(entry)

    def backup(self, save: Callable[[list[str]], object]) -> None:
        """Have a child process call `save` with the entries; return when that is done."""
        with self._lock:
            entries = list(self._entries)
        child = multiprocessing.get_context("spawn").Process(target=save, args=(entries,))
        child.start()
        child.join()


# -- 2. A log's lock against a model's lock. After storaged-project/blivet, issue 1500.


class Log:
    """Numbered lines."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.lock = threading.RLock()  # also of whatever is logged

    def write(self, text: str, *things: object) -> None:
        """Add the line `text % things` with the next number."""
        with self.lock:
            line = text % things
            self.lines.append(f"{len(self.lines) + 1} {line}")


class Disk:
    """A disk of which a part is used and the rest is free."""

    def __init__(self, name: str, size: int, log: Log) -> None:
        self._name = name
        self._used = 0
        self._free = size
        self._log = log
        self._lock = log.lock

    def use(self, amount: int) -> None:
        """Move an amount from free to used, and log it."""
        with self._lock:
            self._used += amount
            self._log.write("%s: %d more", self._name, amount)
            self._free -= amount

    def __str__(self) -> str:
        with self._lock:
            return f"{self._name} {self._used}+{self._free}"


# -- 3. A finaliser takes a lock that is held already. After getsentry/sentry-python, issue 803.


class Outbox:
    """Reports that wait to be sent; each gets a number of its own, from 1."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._numbers = itertools.count(1)
        self._waiting: list[tuple[int, str]] = []

    def put(self, text: str) -> None:
        """Add a report."""
        with self._lock:
            self._waiting.append((next(self._numbers), text))

    def take(self) -> list[tuple[int, str]]:
        """Take all reports, with their numbers."""
        with self._lock:
            taken, self._waiting = self._waiting, []
        return taken


class Connection:
    """A connection that must be closed; one that is dropped without reports it."""

    def __init__(self, name: str, outbox: Outbox) -> None:
        self._name = name
        self._outbox = outbox
        self._closed = False

    def close(self) -> None:
        self._closed = True

    def __del__(self) -> None:
        if not self._closed:
            self._outbox.put(f"{self._name} was never closed")


# -- 4. A signal handler takes a lock that is held already. After twisted/twisted, issue 7736.


class Meter:
    """Counts requests and bytes; a signal asks for the numbers."""

    def __init__(self, say: Callable[[str], object]) -> None:
        self._lock = threading.Lock()
        self._numbers = (0, 0)
        self._say = say

    def count(self, size: int) -> None:
        """Count one request of so many bytes."""
        with self._lock:
            requests, total = self._numbers
            self._numbers = requests + 1, total + size  # both in one step

    def on_signal(self, number: int, _frame: object) -> None:
        """Say the numbers. Runs between any two steps of the main thread."""
        self._say("{} requests, {} bytes".format(*self._numbers))


# -- 5. A task of an executor waits for tasks of the same executor. After chanzuckerberg/miniwdl, issue 573.


def total_size(folder: str, read: Callable[[str], tuple[int, list[str]]], executor: Executor) -> int:
    """Add up the sizes of a folder and all folders below it; `read` gives a folder's size and subfolders."""
    sizes: list[int] = []
    errors: list[BaseException] = []
    open_reads, changed = [1], threading.Condition()

    def visited(future: Any) -> None:
        subfolders: list[str] = []
        with changed:
            try:
                size, subfolders = future.result()
                sizes.append(size)
            except BaseException as error:
                errors.append(error)
            open_reads[0] += len(subfolders) - 1
            changed.notify_all()
        for each in subfolders:
            executor.submit(read, each).add_done_callback(visited)

    executor.submit(read, folder).add_done_callback(visited)
    with changed:
        changed.wait_for(lambda: not open_reads[0])
    if errors:
        raise errors[0]
    return sum(sizes)
