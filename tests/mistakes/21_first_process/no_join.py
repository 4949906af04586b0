"""Waits for nobody.

expect: leaked-process, zombie
test: test_all_jobs_have_ended*
"""

from multiprocessing import Process


def run_all(jobs):
    processes = [Process(target=job) for job in jobs]
    for process in processes:
        process.start()
    return [process.exitcode for process in processes]
