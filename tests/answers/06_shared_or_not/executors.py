"""Two executors with the same interface; leaving the block waits for all jobs."""

from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor


def _count(executor, jobs):
    with executor:
        futures = [executor.submit(job) for job in jobs]
    return sum(1 for future in futures if future.result())


def count_in_threads(jobs):
    return _count(ThreadPoolExecutor(4), jobs)


def count_in_processes(jobs):
    return _count(ProcessPoolExecutor(2), jobs)
