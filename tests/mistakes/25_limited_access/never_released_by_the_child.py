"""Each process takes the semaphore, and keeps it at its end.

expect: stalled
test: test_results_come_in_the_order_of_the_jobs
"""

from multiprocessing import Process, Queue, Semaphore


def work(number, job, room, results):
    room.acquire()
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
    outcomes = sorted((results.get() for _ in jobs), key=lambda outcome: outcome[0])
    for process in processes:
        process.join()
    results.close()
    results.join_thread()
    for _, _, error in outcomes:
        if error is not None:
            raise error
    return [result for _, result, _ in outcomes]
