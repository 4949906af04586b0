"""Keeps the manager, with all that it holds, after the end.

expect: leaked-process, zombie
test: test_results_come*
"""

from multiprocessing import Manager, Process, Semaphore

managers = []


def work(number, job, room, outcomes):
    with room:
        try:
            outcomes[number] = job(), None
        except BaseException as error:
            outcomes[number] = None, error


def run_limited(jobs, limit):
    if limit < 1:
        raise ValueError(limit)
    managers.append(Manager())
    room, outcomes = Semaphore(limit), managers[-1].dict()
    processes = [Process(target=work, args=(n, job, room, outcomes)) for n, job in enumerate(jobs)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    came = [outcomes[number] for number in range(len(jobs))]
    for _, error in came:
        if error is not None:
            raise error
    return [result for result, _ in came]
