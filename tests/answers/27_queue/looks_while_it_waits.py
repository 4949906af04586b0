"""Looks with timeouts and takes Empty for what it is: not yet."""

from __future__ import annotations

import queue
import time
from multiprocessing import get_context


def work(tasks, results):
    while True:
        try:
            task = tasks.get(timeout=0.05)
        except queue.Empty:
            continue
        if task[0] == "end":
            return
        try:
            square, error = task[1] * task[1], None
        except Exception as failure:
            square, error = None, failure
        results.put((task[0], square, error))


def square_all(numbers, workers=2):
    if workers <= 0:
        raise ValueError(workers)
    context = get_context()
    tasks, results = context.Queue(), context.Queue()
    processes = [context.Process(target=work, args=(tasks, results)) for _ in range(workers)]
    for process in processes:
        process.start()
    try:
        for place, number in enumerate(numbers):
            tasks.put((place, number))
        squares, errors = {}, {}
        while len(squares) < len(numbers):
            if results.empty():
                time.sleep(0.001)
                continue
            place, squares[place], errors[place] = results.get_nowait()
    finally:
        for _ in processes:
            tasks.put(("end",))
        for process in processes:
            process.join()
        tasks.close(), tasks.join_thread()
        results.close(), results.join_thread()
    for place in range(len(numbers)):
        if errors[place] is not None:
            raise errors[place]
    return [squares[place] for place in range(len(numbers))]
