"""Catches the exception in the child, prints it and exits with 1 by itself; processes are left to the collector."""

import sys
import traceback
from multiprocessing import get_context


def _call(job):
    try:
        job()
    except Exception:
        traceback.print_exc()
        sys.exit(1)


def run_all(jobs):
    context = get_context()
    processes = []
    for job in jobs:
        process = context.Process(target=_call, args=(job,))
        processes.append(process)
        process.start()
    result = []
    for process in processes:
        process.join()
        result.append(process.exitcode)
    return result
