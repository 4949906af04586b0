"""Copies what waits and then puts an empty line in its place: what comes in between is gone.

expect: race, failure
test: test_outbox_loses*
"""

from __future__ import annotations

import multiprocessing
import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Executor, wait
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
        # The lock is taken here, where its holder lives and will give it back. What the child
        # gets is a copy that nobody changes, so it needs no lock.
        with self._lock:
            entries = list(self._entries)
        child = multiprocessing.get_context("fork").Process(target=save, args=(entries,))
        child.start()
        child.join()


# -- 2. A log's lock against a model's lock. After storaged-project/blivet, issue 1500.


class Log:
    """Numbered lines."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self._lock = threading.Lock()

    def write(self, text: str, *things: object) -> None:
        """Add the line `text % things` with the next number."""
        line = text % things  # calls str() of the things, code of others, which may take locks of its own
        with self._lock:
            self.lines.append(f"{len(self.lines) + 1} {line}")


class Disk:
    """A disk of which a part is used and the rest is free."""

    def __init__(self, name: str, size: int, log: Log) -> None:
        self._name = name
        self._used = 0
        self._free = size
        self._log = log
        self._lock = threading.Lock()

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
        self._lock = threading.Lock()
        self._last = 0
        self._waiting: deque[str] = deque()

    def put(self, text: str) -> None:
        """Add a report."""
        self._waiting.append(text)  # one step, without a lock: a finaliser may run this at any line

    def take(self) -> list[tuple[int, str]]:
        """Take all reports, with their numbers."""
        with self._lock:
            texts, self._waiting = list(self._waiting), deque()
            taken = []
            for text in texts:
                self._last += 1
                taken.append((self._last, text))
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
        self._requests = 0
        self._bytes = 0
        self._questions: deque[int] = deque()
        self._say = say

    def count(self, size: int) -> None:
        """Count one request of so many bytes."""
        asked = False
        with self._lock:
            self._requests += 1
            self._bytes += size
            text = f"{self._requests} requests, {self._bytes} bytes"
            while self._questions:
                self._questions.popleft()
                asked = True
        if asked:
            self._say(text)

    def on_signal(self, number: int, _frame: object) -> None:
        """Say the numbers. Runs between any two steps of the main thread."""
        # The thread that would have to give the lock back is the one that this handler interrupts:
        # leave a note, in one step, for the next `count`.
        self._questions.append(number)


# -- 5. A task of an executor waits for tasks of the same executor. After chanzuckerberg/miniwdl, issue 573.


def total_size(folder: str, read: Callable[[str], tuple[int, list[str]]], executor: Executor) -> int:
    """Add up the sizes of a folder and all folders below it; `read` gives a folder's size and subfolders."""
    # Tasks only read. The caller, who takes no worker away from them, waits and hands out the next ones.
    total = 0
    reading = {executor.submit(read, folder)}
    while reading:
        done, reading = wait(reading, return_when=FIRST_COMPLETED)
        for future in done:
            size, subfolders = future.result()
            total += size
            reading |= {executor.submit(read, each) for each in subfolders}
    return total
