"""Waits until all threads have counted, not until they have ended.

expect: race, failure, leaked-thread
test: test_no_thread_is_left*
"""

from __future__ import annotations

import multiprocessing
import threading
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Any


def count_in_threads(jobs: list[Callable[[], Any]]) -> int:
    """Run the jobs in threads, and return how many of them returned something true."""
    found = 0
    errors: dict[int, BaseException] = {}
    lock = threading.Lock()
    done = threading.Semaphore(0)

    def work(number: int, job: Callable[[], Any]) -> None:
        nonlocal found
        try:
            result = bool(job())
        except BaseException as error:
            errors[number] = error
        else:
            with lock:
                found += result
        done.release()

    threads = [threading.Thread(target=work, args=pair) for pair in enumerate(jobs)]
    for thread in threads:
        thread.start()
    for _ in threads:
        done.acquire()
    if errors:
        raise errors[min(errors)]
    return found


def count_in_processes(jobs: list[Callable[[], Any]]) -> int:
    """Run the jobs in other processes, and return how many of them returned something true."""
    processes, receivers = [], []
    for job in jobs:
        receiver, sender = multiprocessing.Pipe(duplex=False)
        process = multiprocessing.Process(target=_work, args=(job, sender))
        process.start()
        sender.close()
        processes.append(process)
        receivers.append(receiver)
    outcomes = [_received(receiver) for receiver in receivers]
    for process in processes:
        process.join()
        process.close()
    for _, error in outcomes:
        if error is not None:
            raise error
    return sum(result for result, _ in outcomes)


def _work(job: Callable[[], Any], sender: Connection) -> None:
    """Run in the child. What it knows must be sent: a variable of the parent's is here a copy."""
    with sender:
        try:
            sender.send((bool(job()), None))
        except BaseException as error:
            sender.send((False, error))


def _received(receiver: Connection) -> tuple[bool, BaseException | None]:
    with receiver:
        outcome: tuple[bool, BaseException | None] = receiver.recv()
        return outcome
