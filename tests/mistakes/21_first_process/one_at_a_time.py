"""Starts and joins in one loop: each job begins when the one before it has ended.

expect: stalled, deadlock-cycle
test: test_all_jobs_run_at_the_same_time
"""

from multiprocessing import Process


def run_all(jobs):
    codes = []
    for job in jobs:
        process = Process(target=job)
        process.start()
        process.join()
        codes.append(process.exitcode)
        process.close()
    return codes
