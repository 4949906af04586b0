"""Calls the job in the caller, and hands its result to the process.

expect: failure
test: test_each_job_runs*
"""

from multiprocessing import Process


def run_all(jobs):
    processes = [Process(target=job()) for job in jobs]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    return [process.exitcode for process in processes]
