"""Waits two seconds for a place, then works, whether or not it has one.

expect: failure
test: test_jobs_and_places*
"""

from multiprocessing import Process, Semaphore, SimpleQueue


def work(number, job, room, outcomes):
    room.acquire(timeout=2)
    try:
        outcome = number, job(), None
    except BaseException as error:
        outcome = number, None, error
    room.release()
    outcomes.put(outcome)


def run_limited(jobs, limit):
    if limit < 1:
        raise ValueError(limit)
    room, outcomes = Semaphore(limit), SimpleQueue()
    processes = [Process(target=work, args=(n, job, room, outcomes)) for n, job in enumerate(jobs)]
    for process in processes:
        process.start()
    came = sorted((outcomes.get() for _ in processes), key=lambda outcome: outcome[0])
    for process in processes:
        process.join()
    outcomes.close()
    for _, _, error in came:
        if error is not None:
            raise error
    return [result for _, result, _ in came]
