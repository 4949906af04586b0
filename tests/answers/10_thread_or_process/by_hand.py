"""Threads and processes by hand; each process takes every so-manieth task."""

import multiprocessing as mp
import os
import threading


def attempt(task):
    try:
        return task(), None
    except Exception as error:
        return None, error


def in_threads(tasks):
    outcomes = [None] * len(tasks)

    def work(i):
        outcomes[i] = attempt(tasks[i])

    threads = [threading.Thread(target=work, args=(i,)) for i in range(len(tasks))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes


def work(numbered, sender):
    for i, task in numbered:
        sender.send((i, attempt(task)))
    sender.close()


def in_processes(tasks):
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    started = []
    for n in range(min(usable, len(tasks))):
        receiver, sender = mp.Pipe(duplex=False)
        numbered = list(enumerate(tasks))[n::usable]
        process = mp.Process(target=work, args=(numbered, sender))
        process.start()
        sender.close()
        started.append((process, receiver))
    outcomes = {}
    for process, receiver in started:
        try:
            while True:
                i, outcome = receiver.recv()
                outcomes[i] = outcome
        except EOFError:
            receiver.close()
        process.join()
    return [outcomes[i] for i in range(len(tasks))]


def run(tasks, kind):
    if kind not in ("io", "cpu"):
        raise ValueError("unknown kind: " + str(kind))
    outcomes = in_threads(tasks) if kind == "io" else in_processes(tasks)
    for _, error in outcomes:
        if error is not None:
            raise error
    return [result for result, _ in outcomes]
