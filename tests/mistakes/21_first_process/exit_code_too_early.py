"""Reads the exit codes before the processes have ended.

expect: failure
test: test_all_jobs_have_ended*
"""

from multiprocessing import Process


def run_all(jobs):
    processes, codes = [], []
    for job in jobs:
        process = Process(target=job)
        process.start()
        processes.append(process)
        codes.append(process.exitcode)
    for process in processes:
        process.join()
        process.close()
    return codes
