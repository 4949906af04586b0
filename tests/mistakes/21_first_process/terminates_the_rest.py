"""Ends the others as soon as one job has failed.

expect: failure
test: test_the_others_go_on*
"""

from multiprocessing import Process


def run_all(jobs):
    processes = [Process(target=job) for job in jobs]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
        if process.exitcode:
            for other in processes:
                other.terminate()
    return [process.exitcode for process in processes]
