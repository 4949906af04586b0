"""The tasks that wait in an event loop's threads, those that compute in a pool's map."""

import asyncio
import os
from concurrent.futures import ThreadPoolExecutor
from multiprocessing import Pool


def _call(task):
    try:
        return (True, task())
    except Exception as error:
        return (False, error)


async def _wait_for_all(tasks):
    loop = asyncio.get_running_loop()
    with ThreadPoolExecutor(len(tasks) or 1) as executor:
        return await asyncio.gather(*[loop.run_in_executor(executor, _call, task) for task in tasks])


def run(tasks, kind):
    match kind:
        case "io":
            outcomes = asyncio.run(_wait_for_all(tasks))
        case "cpu":
            usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
            with Pool(usable) as pool:
                outcomes = pool.map(_call, tasks, chunksize=1)
                pool.close()
                pool.join()
        case _:
            raise ValueError(kind)
    for good, value in outcomes:
        if not good:
            raise value
    return [value for _, value in outcomes]
