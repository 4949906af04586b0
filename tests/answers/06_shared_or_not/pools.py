"""A pool's map for the processes; an executor's map, and a list in the order of the jobs, for the threads."""

from concurrent.futures import ThreadPoolExecutor
from multiprocessing import Pool


def _true(job):
    try:
        return bool(job()), None
    except Exception as error:
        return False, error


def _sum(outcomes):
    for _, error in outcomes:
        if error is not None:
            raise error
    return [good for good, _ in outcomes].count(True)


def count_in_threads(jobs):
    with ThreadPoolExecutor() as executor:
        return _sum(list(executor.map(_true, jobs)))


def count_in_processes(jobs):
    with Pool(2) as pool:
        outcomes = pool.map(_true, jobs)
        pool.close()
        pool.join()
    return _sum(outcomes)
