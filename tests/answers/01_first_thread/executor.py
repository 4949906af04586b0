"""An executor with as many threads as jobs; leaving its block waits for all of them."""

from concurrent.futures import ThreadPoolExecutor


def run_all(jobs):
    if not jobs:
        return []
    with ThreadPoolExecutor(max_workers=len(jobs)) as pool:
        futures = [pool.submit(job) for job in jobs]
    return [future.result() for future in futures]
