"""Keeps the processes in a dictionary by job: a job that is given twice is run once.

expect: failure
test: test_a_job_that_is_given_twice*
"""

from multiprocessing import Process


def run_all(jobs):
    ps = {job: Process(target=job) for job in jobs}
    for p in ps.values():
        p.start()
    for p in ps.values():
        p.join()
    codes = [ps[job].exitcode for job in jobs]
    for p in ps.values():
        p.close()
    return codes
