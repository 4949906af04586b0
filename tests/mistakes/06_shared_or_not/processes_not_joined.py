"""Collects the results, and joins nobody.

expect: zombie, leaked-process
test: test_whatever_is_true_counts
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


def work(number, job, outcomes):
    try:
        outcomes.put((number, bool(job()), None))
    except Exception as error:
        outcomes.put((number, False, error))


def count_in_processes(jobs):
    outcomes = multiprocessing.SimpleQueue()
    processes = [
        multiprocessing.Process(target=work, args=(number, job, outcomes)) for number, job in enumerate(jobs)
    ]
    for process in processes:
        process.start()
    found = sorted((outcomes.get() for _ in jobs), key=lambda outcome: outcome[0])
    outcomes.close()
    for _, _, error in found:
        if error is not None:
            raise error
    return sum(result for _, result, _ in found)
