"""Joins each process for half a second, again and again, until it has ended."""

from multiprocessing import Process


def run_all(jobs):
    processes = [Process(target=job) for job in jobs]
    for process in processes:
        process.start()
    codes = [wait_for(process) for process in processes]
    for process in processes:
        process.close()
    return codes


def wait_for(process):
    while process.exitcode is None:
        process.join(0.5)
    return process.exitcode
