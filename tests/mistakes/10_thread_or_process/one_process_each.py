"""Starts a process for each task, by hand.

expect: failure
test: test_there_are_no_more*
"""

from concurrent.futures import ThreadPoolExecutor
from multiprocessing import Process, SimpleQueue


def work(number, task, outcomes):
    try:
        outcomes.put((number, task(), None))
    except Exception as error:
        outcomes.put((number, None, error))


def run(tasks, kind):
    if kind == "io":
        with ThreadPoolExecutor(len(tasks) or 1) as executor:
            futures = [executor.submit(task) for task in tasks]
        return [future.result() for future in futures]
    if kind != "cpu":
        raise ValueError(kind)
    outcomes = SimpleQueue()
    processes = [Process(target=work, args=(number, task, outcomes)) for number, task in enumerate(tasks)]
    for process in processes:
        process.start()
    found = sorted((outcomes.get() for _ in tasks), key=lambda outcome: outcome[0])
    for process in processes:
        process.join()
    outcomes.close()
    for _, _, error in found:
        if error is not None:
            raise error
    return [result for _, result, _ in found]
