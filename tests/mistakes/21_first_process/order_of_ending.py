"""Lists the exit codes in the order in which the processes end.

expect: failure
test: test_exit_codes_come*
"""

from multiprocessing import Process
from multiprocessing.connection import wait


def run_all(jobs):
    running = {}
    for job in jobs:
        process = Process(target=job)
        process.start()
        running[process.sentinel] = process
    codes = []
    while running:
        for sentinel in wait(list(running)):
            process = running.pop(sentinel)
            process.join()
            codes.append(process.exitcode)
    return codes
