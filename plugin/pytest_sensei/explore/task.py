"""Tasks: the threads of an execution, each parked on one raw lock until it is its turn."""

from __future__ import annotations

import _thread
import threading
from typing import TYPE_CHECKING

from pytest_sensei.explore.operation import BEGIN, Operation
from pytest_sensei.primitives.runtime import Strand, real_sleep

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_sensei.explore.sharing import Epochs

allocate_lock = _thread.allocate_lock
_PATIENCE = 0.2  # seconds of real time for a worker's thread to go away

IDLE_TICKS = 5000

Path = tuple[int, ...]
"""Which child of which task: (0, 2) is the third task that the first child of the test started."""


class Unwind(BaseException):
    """Ends a task at its operation: the execution is over. Not an `Exception`: nobody should catch it."""


class Task:
    """A thread under control, and the operation it stands at."""

    __slots__ = (
        "children",
        "doomed",
        "ended",
        "epochs",
        "error",
        "gate",
        "ident",
        "idle",
        "idle_since",
        "left_behind",
        "looked",
        "looks",
        "name",
        "number",
        "path",
        "patience",
        "pending",
        "raised",
        "rest",
        "rounds",
        "seen",
        "spins",
        "strand",
        "streak",
        "thread",
        "ticks",
        "tid",
        "worker",
    )  # fmt: skip

    def __init__(self, tid: int, number: int, path: Path, thread: threading.Thread, epochs: Epochs) -> None:
        self.tid = tid  # the same in all executions of an exploration
        self.number = number  # in order of creation in this one
        self.path = path
        self.thread = thread
        self.name = thread.name
        self.epochs = epochs
        self.pending = Operation(BEGIN, tid)
        self.gate = allocate_lock()
        self.gate.acquire()
        self.ident = 0
        self.worker: Worker | None = None
        self.children = 0
        self.ticks = 0  # announcements so far, of whatever kind
        self.streak = 0  # schedule points since the latest switch to this task
        self.patience = IDLE_TICKS  # it yields when its ticks come here without a schedule point
        self.ended = False
        self.left_behind = False  # parked for good: it would not unwind
        self.doomed = False
        self.raised = 0  # how often it was told to unwind
        self.error: BaseException | None = None
        self.seen: dict[
            tuple[object, object], int
        ] = {}  # how often it has done an operation since its last progress
        self.rounds: dict[object, int] = {}  # how often with all variables the same, in a row
        self.rest: dict[object, int] | None = (
            None  # it spins: no use to run it until one of these has changed
        )
        self.spins = 0  # how often it was let go on though nothing had changed
        self.idle = 0  # how often in a row it made room for others, and nothing happened
        self.idle_since = -1
        self.looks = 0  # at the clock, with nothing else in between; the last one at `looked` ticks
        self.looked = 0
        self.strand: Strand | None = None


class Worker:
    """An operating system's thread that carries one task after another."""

    __slots__ = ("gate", "ident", "job", "native")

    def __init__(self, leave: Callable[[], None]) -> None:
        self.gate = allocate_lock()
        self.gate.acquire()
        self.job: Callable[[], None] | None = None
        self.native: int | None = None
        self.ident = _thread.start_new_thread(self._work, (leave,))

    def _work(self, leave: Callable[[], None]) -> None:
        self.native = threading.get_native_id()
        try:
            while True:
                self.gate.acquire()
                job, self.job = self.job, None
                if job is None:
                    return
                job()
                del job
        except Unwind:
            return  # the watchdog's, meant for a job that has ended meanwhile
        finally:
            leave()


class Pool:
    """Workers for the length of an exploration: handing over costs a tenth of starting a thread.

    A worker that a task gave back is the first to be taken again, as systems do with thread identifiers.
    With `reuse` off each task gets a new one: what `threading.local` objects hold belongs to the system's thread.
    """

    def __init__(self, *, reuse: bool = True) -> None:
        self._reuse = reuse
        self._free: list[Worker] = []
        self._count = 0

    def take(self) -> Worker:
        """Return a worker with nothing to do."""
        if self._free:
            return self._free.pop()
        self._count += 1
        return Worker(self._left)

    def give_back(self, worker: Worker) -> None:
        """Take back a worker; its current job is about to end."""
        if self._reuse:
            self._free.append(worker)
        else:
            dismiss(worker)

    def _left(self) -> None:
        self._count -= 1

    def close(self, busy: int = 0) -> None:
        """End all workers, and see them off: a fork that follows must find no threads. `busy` ones are lost."""
        while self._free:
            dismiss(self._free.pop())
        pause, left = 0.00005, _PATIENCE
        while self._count > busy and left > 0:
            real_sleep(pause)
            left -= pause
            pause = min(2 * pause, _PATIENCE / 10)


def dismiss(worker: Worker) -> None:
    """Let a worker go as soon as its current job ends."""
    try:
        worker.gate.release()  # without a job
    except RuntimeError:
        return  # it is open: the worker goes anyway
