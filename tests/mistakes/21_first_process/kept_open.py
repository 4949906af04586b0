"""Joins the processes, but keeps them in the module and closes none.

expect: failure
test: test_nothing_is_kept*
"""

from multiprocessing import Process

started = []


def run_all(jobs):
    processes = [Process(target=job) for job in jobs]
    started.extend(processes)
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    return [process.exitcode for process in processes]
