"""Takes processes for threads.

expect: failure
test: test_jobs_run_in_other_threads*
"""

import multiprocessing


def work(number, job, outcomes):
    try:
        outcomes.put((number, bool(job()), None))
    except Exception as error:
        outcomes.put((number, False, error))


def count_in_processes(jobs):
    outcomes = multiprocessing.SimpleQueue()
    processes = [
        multiprocessing.Process(target=work, args=(number, job, outcomes)) for number, job in enumerate(jobs)
    ]
    for process in processes:
        process.start()
    found = sorted((outcomes.get() for _ in jobs), key=lambda outcome: outcome[0])
    for process in processes:
        process.join()
    outcomes.close()
    for _, _, error in found:
        if error is not None:
            raise error
    return sum(result for _, result, _ in found)


count_in_threads = count_in_processes
