"""Takes a lock for a semaphore: one at a time.

expect: stalled, deadlock-cycle
test: test_as_many*
"""

from multiprocessing import Lock, Process, Queue


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
    room, results = Lock(), Queue()
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
