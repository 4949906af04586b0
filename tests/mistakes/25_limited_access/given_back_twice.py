"""Gives the place back once more than it was taken.

expect: failure
test: test_each_place*
"""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable
from multiprocessing.connection import Connection
from multiprocessing.synchronize import Semaphore
from typing import Any


def run_limited(jobs: list[Callable[[], Any]], limit: int) -> list[Any]:
    """Run each job in a process of its own, at most `limit` at once; return the results in order."""
    if limit < 1:
        raise ValueError(f"at least one job must be at work, not {limit}")
    room = multiprocessing.Semaphore(limit)  # one for all: each process gets it from here
    processes, receivers = [], []
    for job in jobs:
        receiver, sender = multiprocessing.Pipe(duplex=False)
        process = multiprocessing.Process(target=_work, args=(job, room, sender))
        process.start()
        sender.close()  # the child has its own; were ours open, there would be no end when the child dies
        processes.append(process)
        receivers.append(receiver)
    outcomes = [_outcome(receiver) for receiver in receivers]  # before the join: who sends may wait for us
    for process in processes:
        process.join()
        process.close()
    for _, error in outcomes:
        if error is not None:
            raise error
    return [result for result, _ in outcomes]


def _work(job: Callable[[], Any], room: Semaphore, sender: Connection) -> None:
    """Run in the child. `with` gives the semaphore back when the job fails, too."""
    with room:
        try:
            outcome = job(), None
        except BaseException as error:
            outcome = None, error
    room.release()
    sender.send(outcome)
    sender.close()


def _outcome(receiver: Connection) -> tuple[Any, BaseException | None]:
    with receiver:
        try:
            outcome: tuple[Any, BaseException | None] = receiver.recv()
        except EOFError:
            return None, RuntimeError("a process has died without a word")
        return outcome
