"""Adds to a RawValue, which has no lock, and takes none of its own.

expect: failure
test: test_processes_that_count*
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


def work(number, job, counter, outcomes):
    try:
        if job():
            counter.value += 1
        outcomes.put((number, False, None))
    except Exception as error:
        outcomes.put((number, False, error))


def count_in_processes(jobs):
    counter = multiprocessing.RawValue("i", 0)
    outcomes = multiprocessing.SimpleQueue()
    processes = [
        multiprocessing.Process(target=work, args=(number, job, counter, outcomes))
        for number, job in enumerate(jobs)
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
    return counter.value
