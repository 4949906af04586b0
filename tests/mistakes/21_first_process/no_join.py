"""Waits for nobody.

expect: leaked-process, zombie
"""

from multiprocessing import Process


def run_all(jobs):
    processes = [Process(target=job) for job in jobs]
    for process in processes:
        process.start()
    return [process.exitcode for process in processes]
