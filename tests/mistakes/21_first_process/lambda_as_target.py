"""Wraps the job in a lambda, which no spawned process can import; and all lambdas name the last job.

expect: failure
test: test_all_jobs_run_at_the_same_time
"""

from multiprocessing import Process


def run_all(jobs):
    processes = []
    for job in jobs:
        processes.append(Process(target=lambda: job()))
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    return [process.exitcode for process in processes]
