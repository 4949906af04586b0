"""Takes a process that is not done after two seconds for one that hangs, and kills it.

expect: failure
test: test_a_job_is_waited_for*
"""

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
    process.join(2)
    if process.is_alive():
        process.kill()
        process.join()
    return process.exitcode
