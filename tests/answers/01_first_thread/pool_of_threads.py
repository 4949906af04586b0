"""The pool of threads that `multiprocessing` has, closed and joined."""

from multiprocessing.pool import ThreadPool


def run_all(jobs):
    pool = ThreadPool(len(jobs) or 1)
    outcomes = [pool.apply_async(job) for job in jobs]
    pool.close()
    pool.join()
    return [outcome.get() for outcome in outcomes]
