"""Starts as many as there are cores, and the rest when these have ended.

expect: stalled, deadlock-cycle
test: test_so_do_more_jobs*
"""

import os
from multiprocessing import Process


def run_all(jobs):
    n = os.cpu_count() or 1
    codes = []
    for i in range(0, len(jobs), n):
        ps = [Process(target=j) for j in jobs[i : i + n]]
        for p in ps:
            p.start()
        for p in ps:
            p.join()
        codes += [p.exitcode for p in ps]
        for p in ps:
            p.close()
    return codes
