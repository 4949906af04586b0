"""Waits half a second for an answer, and takes the worker for dead if none has come.

expect: failure
test: test_a_task_may_take*
"""

from __future__ import annotations

import contextlib
import multiprocessing
import pickle
import queue
import sys
import threading
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any


@dataclass(frozen=True)
class Task:
    """A call that somebody wants, and who is to hear what came of it."""

    fn: Callable[..., Any]
    args: tuple[Any, ...]
    callback: Callable[[Any], object] | None
    error_callback: Callable[[BaseException], object] | None

    def tell(self, succeeded: bool, outcome: Any) -> None:
        """Call back, in the parent."""
        callback = self.callback if succeeded else self.error_callback
        if callback is not None:
            try:
                callback(outcome)
            except Exception:
                traceback.print_exc()  # whoever calls back must live on
        elif not succeeded:
            sys.stderr.write("".join(traceback.format_exception(outcome)))


class MiniPool:
    """So many worker processes, which do one task after the other.

    Each worker has a pipe of its own and a keeper: a thread in this process that takes a task, hands it to
    its worker, waits for the result or the worker's death, and calls back. So a worker that dies can damage
    nothing that others share.
    """

    def __init__(self, size: int) -> None:
        if size < 1:
            raise ValueError("a pool needs a worker")
        self._tasks: queue.SimpleQueue[Task | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._open = True
        self._terminated = False
        self._workers = [Worker() for _ in range(size)]  # forked before there are threads
        self._telling = threading.Lock()  # one callback at a time
        self._keepers = [threading.Thread(target=self._keep, args=(number,)) for number in range(size)]
        for keeper in self._keepers:
            keeper.start()

    def apply_async(
        self,
        fn: Callable[..., Any],
        args: tuple[Any, ...] = (),
        callback: Callable[[Any], object] | None = None,
        error_callback: Callable[[BaseException], object] | None = None,
    ) -> None:
        """Have `fn(*args)` called by a worker, and return at once."""
        with self._lock:  # no task may come behind the end marks
            if not self._open:
                raise ValueError("the pool is closed")
            self._tasks.put(Task(fn, args, callback, error_callback))

    def close(self) -> None:
        """Take no more tasks; those taken are still done."""
        with self._lock:
            if self._open:
                self._open = False
                for _ in self._keepers:
                    self._tasks.put(None)

    def join(self) -> None:
        """Wait until all tasks are done, all callbacks have run and all workers have gone."""
        if self._open:
            raise ValueError("close the pool first")
        for keeper in self._keepers:
            keeper.join()

    def terminate(self) -> None:
        """Stop the workers at once, and drop the tasks that wait."""
        self.close()
        with self._lock:  # a keeper may be about to replace its worker
            self._terminated = True
            for worker in self._workers:
                worker.process.kill()  # its keeper sees that, and joins it

    def _keep(self, number: int) -> None:
        while (task := self._tasks.get()) is not None:
            if self._terminated:
                continue  # dropped
            try:
                succeeded, outcome = self._workers[number].do(task)
            except Died:
                if not self._replace(number):
                    continue
                succeeded, outcome = False, RuntimeError("the worker died")
            with self._telling:
                task.tell(succeeded, outcome)
        self._workers[number].end()

    def _replace(self, number: int) -> bool:
        with self._lock:
            if not self._terminated:
                self._workers[number].end()
                self._workers[number] = Worker()
            return not self._terminated


class Died(Exception):
    """The worker has died over its task."""


class Worker:
    """A process, and this process's end of the pipe to it."""

    _starting = threading.Lock()

    def __init__(self) -> None:
        with self._starting:  # a worker forked in between would inherit `theirs`, and keep it open
            self.connection, theirs = multiprocessing.Pipe()
            self.process = multiprocessing.Process(target=work, args=(theirs,), daemon=True)
            self.process.start()
            theirs.close()  # the worker has its own

    def do(self, task: Task) -> tuple[bool, Any]:
        """Have a task done, and return whether it succeeded, and the result or the exception."""
        try:
            self.connection.send((task.fn, task.args))
            if not self.connection.poll(0.5):
                self.process.kill()
                raise Died
            outcome: tuple[bool, Any] = self.connection.recv()
        except (EOFError, OSError):
            raise Died from None
        except (pickle.PicklingError, AttributeError, TypeError) as error:
            return False, error  # the task, or its outcome, cannot travel
        return outcome

    def end(self) -> None:
        with contextlib.suppress(OSError):
            self.connection.send(None)
        self.connection.close()
        self.process.join()
        self.process.close()


def work(connection: Connection[Any, Any]) -> None:
    """Do one task after the other, in a worker process."""
    while (job := connection.recv()) is not None:
        fn, args = job
        try:
            outcome = (True, fn(*args))
        except Exception as error:
            outcome = (False, error)
        connection.send(outcome)
    connection.close()
