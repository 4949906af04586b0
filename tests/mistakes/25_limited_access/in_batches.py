"""Runs so many as the limit, waits for all of them, then the next ones.

expect: stalled, deadlock-cycle
test: test_the_next_job*
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
    outcomes = []
    for begin in range(0, len(processes), limit):
        batch = processes[begin : begin + limit]
        for process in batch:
            process.start()
        outcomes += [results.get() for _ in batch]
        for process in batch:
            process.join()
    outcomes.sort(key=lambda outcome: outcome[0])
    results.close()
    results.join_thread()
    for _, _, error in outcomes:
        if error is not None:
            raise error
    return [result for _, result, _ in outcomes]
