"""Calls run, which runs the job here, instead of start, which starts a process that does.

expect: failure
test: test_each_job_runs*
"""

from multiprocessing import Process


def run_all(jobs):
    processes = [Process(target=job) for job in jobs]
    codes = []
    for process in processes:
        try:
            process.run()
        except Exception:
            codes.append(1)
        else:
            codes.append(0)
    return codes
