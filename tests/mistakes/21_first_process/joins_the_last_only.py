"""Joins the process that the loop's variable names at the end: the last one.

expect: leaked-process, zombie
test: test_exit_codes_come*
"""

from multiprocessing import Process


def run_all(jobs):
    processes = []
    process = None
    for job in jobs:
        process = Process(target=job)
        process.start()
        processes.append(process)
    if process is not None:
        process.join()
    return [process.exitcode or 0 for process in processes]
