"""Hands the jobs to a pool of two threads: a third job that the others wait for never begins.

expect: stalled
test: test_all_jobs_run_at_the_same_time
"""

from concurrent.futures import ThreadPoolExecutor


def run_all(jobs):
    with ThreadPoolExecutor(max_workers=2) as pool:
        return list(pool.map(lambda job: job(), jobs))
