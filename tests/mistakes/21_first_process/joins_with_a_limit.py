"""Joins with a timeout, and takes its end for the end of the process.

expect: leaked-process, zombie
test: test_all_jobs_have_ended*
"""

from multiprocessing import Process


def run_all(jobs):
    processes = [Process(target=job) for job in jobs]
    for process in processes:
        process.start()
    for process in processes:
        process.join(timeout=0.05)
    return [process.exitcode for process in processes]
