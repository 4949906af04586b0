"""Lets the exception end the process, with the semaphore in its hands; the caller waits for a result.

expect: stalled, lost-exception
test: test_a_job_that_fails_makes_room_for_the_next
"""

from multiprocessing import Process, Queue, Semaphore


def work(number, job, room, results):
    room.acquire()
    result = job()
    room.release()
    results.put((number, result, None))


def run_limited(jobs, limit):
    if limit < 1:
        raise ValueError("the limit must be at least 1")
    room, results = Semaphore(limit), Queue()
    processes = [Process(target=work, args=(n, job, room, results)) for n, job in enumerate(jobs)]
    for process in processes:
        process.start()
    outcomes = sorted((results.get() for _ in jobs), key=lambda outcome: outcome[0])
    for process in processes:
        process.join()
    results.close()
    results.join_thread()
    for _, _, error in outcomes:
        if error is not None:
            raise error
    return [result for _, result, _ in outcomes]
