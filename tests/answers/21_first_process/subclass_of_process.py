"""A subclass of Process, with its context named, closed by an ExitStack."""

import multiprocessing
from contextlib import ExitStack

ctx = multiprocessing.get_context()


class Worker(multiprocessing.Process):
    def __init__(self, job):
        super().__init__()
        self.job = job

    def run(self):
        self.job()


def run_all(jobs):
    with ExitStack() as stack:
        workers = []
        for job in jobs:
            worker = Worker(job)
            worker.start()
            stack.callback(worker.close)
            stack.callback(worker.join)
            workers.append(worker)
        for worker in workers:
            worker.join()
        return [worker.exitcode for worker in workers]
