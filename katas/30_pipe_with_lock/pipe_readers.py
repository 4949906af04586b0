"""Finds out whether messages stay whole: who reads from which pipe, under which lock, and with whom."""

from __future__ import annotations

import multiprocessing
import os
from collections import defaultdict
from collections.abc import Callable
from multiprocessing import util
from multiprocessing.connection import Connection
from multiprocessing.synchronize import Lock, SemLock
from pathlib import Path
from typing import Any

from pytest_sensei.dojo import stillness

SLOTS = 16

RECV = "_recv_bytes"  # the method of a Connection through which each message comes
Read = Callable[..., Any]


class Torn(Exception):
    """Two consumers read from one pipe at the same time: each gets a part of the message."""


def known_locks() -> list[Any]:
    """Return the semaphores of multiprocessing that this process has: all of them register here when made."""
    registered = list(util._afterfork_registry.values())  # noqa: SLF001 - nothing public tells
    return [each._semlock for each in registered if isinstance(each, SemLock)]  # noqa: SLF001


def pipe_of(connection: Connection) -> int:
    return os.fstat(connection.fileno()).st_ino


def in_child() -> bool:
    return multiprocessing.parent_process() is not None


class Record:
    """Notes each read of a child: which pipe, which process, under which locks."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._inherited: set[int] = set()
        util.register_after_fork(self, Record._look_what_was_inherited)

    def _look_what_was_inherited(self) -> None:
        self._inherited = {lock.handle for lock in known_locks()}

    def _held(self) -> set[int]:
        """Return the locks that this thread has taken and that the other consumers may have, too."""
        return self._inherited & {lock.handle for lock in known_locks() if lock._is_mine()}  # noqa: SLF001

    def watching(self, read: Read) -> Read:
        def watched_read(connection: Connection, *args: Any) -> Any:
            if in_child():
                locks = ",".join(map(str, self._held()))
                with self._file.open("a") as file:
                    file.write(f"{pipe_of(connection)} {os.getpid()} {locks}\n")
            return read(connection, *args)

        return watched_read

    def all_share_a_lock(self) -> bool:
        """Tell whether each pipe that several processes have read from was read under one and the same lock."""
        readers: dict[str, set[str]] = defaultdict(set)
        locks: dict[str, list[set[str]]] = defaultdict(list)
        for line in self._file.read_text().splitlines() if self._file.exists() else []:
            pipe, process, held = line.split(" ")
            readers[pipe].add(process)
            locks[pipe].append(set(filter(None, held.split(","))))
        shared = [pipe for pipe, processes in readers.items() if len(processes) > 1]
        return all(set.intersection(*locks[pipe]) for pipe in shared)


class Crowd:
    """Lets a reader wait for company, as long as somebody could come, and tells it when company comes."""

    def __init__(self) -> None:
        self._test = os.getpid()
        self._lock: Lock = multiprocessing.Lock()
        self._pipes = multiprocessing.RawArray("Q", SLOTS)  # where somebody reads now
        self.met = multiprocessing.Event()
        self._alone = multiprocessing.Event()  # nobody has come: there is a lock of another kind

    def watching(self, read: Read) -> Read:
        def watched_read(connection: Connection, *args: Any) -> Any:
            if not in_child():
                return read(connection, *args)
            slot = self._enter(pipe_of(connection))
            try:
                if not self._alone.is_set():
                    stillness.until_all_asleep(self._test, unless=self.met.is_set)
                    if self.met.is_set():
                        raise Torn(Torn.__doc__)
                    self._alone.set()
                return read(connection, *args)
            finally:
                self._pipes[slot] = 0

        return watched_read

    def _enter(self, pipe: int) -> int:
        with self._lock:
            if pipe in list(self._pipes):
                self.met.set()
            slot = list(self._pipes).index(0)
            self._pipes[slot] = pipe
            return slot
