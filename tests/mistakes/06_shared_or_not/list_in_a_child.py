"""Appends to a list that it was given as an argument: the child has a copy of it.

expect: failure
test: test_whatever_is_true*
"""

import multiprocessing
import threading


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


def work(number, job, results, outcomes):
    try:
        results.append(bool(job()))
        outcomes.put((number, False, None))
    except Exception as error:
        outcomes.put((number, False, error))


def count_in_processes(jobs):
    results = []
    outcomes = multiprocessing.SimpleQueue()
    processes = [
        multiprocessing.Process(target=work, args=(number, job, results, outcomes)) for number, job in enumerate(jobs)
    ]
    for process in processes:
        process.start()
    found = sorted((outcomes.get() for _ in jobs), key=lambda outcome: outcome[0])
    for process in processes:
        process.join()
    outcomes.close()
    for _, _, error in found:
        if error is not None:
            raise error
    return sum(results)
