"""Counts before the threads have ended.

expect: race, leaked-thread
test: test_jobs_that_end_at_the_same_time_are_both_counted
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
    if errors:
        raise errors[min(errors)]
    return sum(list(results.values()))


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
    for process in processes:
        process.join()
    outcomes.close()
    for _, _, error in found:
        if error is not None:
            raise error
    return sum(result for _, result, _ in found)
