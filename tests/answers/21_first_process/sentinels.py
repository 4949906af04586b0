"""Waits for whichever process ends next, by its sentinel, and notes its code by the number of its job."""

import multiprocessing as mp
from multiprocessing.connection import wait


def run_all(jobs):
    running = {}
    for number, job in enumerate(jobs):
        process = mp.Process(target=job, name=f"job {number}")
        process.start()
        running[process.sentinel] = number, process
    codes = [None] * len(jobs)
    while running:
        for sentinel in wait(list(running)):
            number, process = running.pop(sentinel)
            process.join()
            codes[number] = process.exitcode
            process.close()
    return codes
