"""`Pool.map` hands out several jobs together.

expect: stalled, deadlock-cycle
test: test_two_neighbours*
"""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable, Sequence
from multiprocessing.queues import SimpleQueue
from multiprocessing.synchronize import Semaphore

Job = Callable[[], object]


def with_semaphore(jobs: Sequence[Job], limit: int) -> set[int]:
    """Run each job in a process of its own, at most `limit` of them at once, and return the pids."""
    places = multiprocessing.Semaphore(limit)  # one for all: each process gets this one
    outcomes: SimpleQueue[tuple[int, Exception | None]] = multiprocessing.SimpleQueue()
    processes = [
        multiprocessing.Process(target=take_a_place, args=(job, places, number, outcomes))
        for number, job in enumerate(jobs)
    ]
    for process in processes:
        process.start()  # all of them at once: they wait for their turn inside
    errors = dict(outcomes.get() for _ in processes)
    pids = {process.pid for process in processes if process.pid is not None}
    for process in processes:
        process.join()
        process.close()
    outcomes.close()
    raise_first([errors[number] for number in sorted(errors)])
    return pids


def take_a_place(
    job: Job, places: Semaphore, number: int, outcomes: SimpleQueue[tuple[int, Exception | None]]
) -> None:
    with places:  # gives the place back, whatever the job does
        error = error_of(job)
    outcomes.put((number, error))


def with_pool(jobs: Sequence[Job], limit: int) -> set[int]:
    """Run the jobs in a pool of `limit` workers, and return the pids of those that have worked."""
    with multiprocessing.Pool(limit) as pool:  # there are no more processes, so no more can be at work
        outcomes = pool.map(work, jobs)
        pool.close()
        pool.join()
    raise_first([error for error, _ in outcomes])
    return {pid for _, pid in outcomes}


def work(job: Job) -> tuple[Exception | None, int]:
    return error_of(job), os.getpid()


def error_of(job: Job) -> Exception | None:
    try:
        job()
    except Exception as error:
        return error
    return None


def raise_first(errors: Sequence[Exception | None]) -> None:
    for error in errors:
        if error is not None:
            raise error
