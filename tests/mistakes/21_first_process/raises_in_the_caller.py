"""Raises an exception of its own when a job has failed.

expect: failure
test: test_a_job_that_raises*
"""

from multiprocessing import Process


def run_all(jobs):
    processes = [Process(target=job) for job in jobs]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    codes = [process.exitcode for process in processes]
    if any(codes):
        raise RuntimeError(f"a job has failed: {codes}")
    return codes
