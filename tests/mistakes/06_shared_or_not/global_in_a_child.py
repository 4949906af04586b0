"""Counts in a global, in the children: each changes its own copy.

expect: failure
test: test_whatever_is_true*
"""

import multiprocessing
import threading

found = 0


def count_in_threads(jobs):
    results, errors = {}, {}

    def work(number, job):
        try:
            results[number] = bool(job())
        except Exception as error:
            errors[number] = error

    threads = [threading.Thread(target=work, args=pair) for pair in enumerate(jobs)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[min(errors)]
    return sum(results.values())


def work(number, job, outcomes):
    global found
    try:
        if job():
            found += 1
        outcomes.put((number, None, None))
    except Exception as error:
        outcomes.put((number, None, error))


def count_in_processes(jobs):
    global found
    found = 0
    outcomes = multiprocessing.SimpleQueue()
    processes = [
        multiprocessing.Process(target=work, args=(number, job, outcomes)) for number, job in enumerate(jobs)
    ]
    for process in processes:
        process.start()
    ended = sorted((outcomes.get() for _ in jobs), key=lambda outcome: outcome[0])
    for process in processes:
        process.join()
    outcomes.close()
    for _, _, error in ended:
        if error is not None:
            raise error
    return found
