"""Raises as soon as one job has failed, and leaves the others.

expect: leaked-process, zombie, failure
test: test_a_job_that_fails_makes_room_for_the_next
"""

from multiprocessing import Process, Queue, Semaphore


def work(number, job, room, results):
    with room:
        try:
            outcome = (number, job(), None)
        except Exception as error:
            outcome = (number, None, error)
    results.put(outcome)


def run_limited(jobs, limit):
    if limit < 1:
        raise ValueError("the limit must be at least 1")
    room, results = Semaphore(limit), Queue()
    processes = [Process(target=work, args=(n, job, room, results)) for n, job in enumerate(jobs)]
    for process in processes:
        process.start()
    outcomes = []
    for _ in jobs:
        outcomes.append(results.get())
        if outcomes[-1][2] is not None:
            raise outcomes[-1][2]
    outcomes.sort(key=lambda outcome: outcome[0])
    for process in processes:
        process.join()
    results.close()
    results.join_thread()
    return [result for _, result, _ in outcomes]
