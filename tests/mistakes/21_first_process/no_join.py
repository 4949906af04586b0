"""Waits for nobody.

expect: leaked-process, zombie
test: test_each_job_runs_in_a_process_of_its_own
"""

from multiprocessing import Process


def run_all(jobs):
    processes = [Process(target=job) for job in jobs]
    for process in processes:
        process.start()
    return [process.exitcode for process in processes]
