"""Takes a pool of so many workers: they do several jobs each.

expect: failure
test: test_each_job_has*
"""

from multiprocessing import Pool


def call(job):
    return job()


def run_limited(jobs, limit):
    if limit < 1:
        raise ValueError("the limit must be at least 1")
    with Pool(limit) as pool:
        results = [pool.apply_async(job) for job in jobs]
        pool.close()
        pool.join()
    return [result.get() for result in results]
