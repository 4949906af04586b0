"""A subclass of Process that takes its place and puts its outcome into a queue; `apply_async` for the pool."""

import multiprocessing as mp
import os


class Limited(mp.Process):
    def __init__(self, job, seats, outcomes):
        super().__init__()
        self.job, self.seats, self.outcomes = job, seats, outcomes

    def run(self):
        self.seats.acquire()
        try:
            self.job()
        except Exception as error:
            self.outcomes.put((os.getpid(), error))
        else:
            self.outcomes.put((os.getpid(), None))
        finally:
            self.seats.release()


def with_semaphore(jobs, limit):
    seats, outcomes = mp.Semaphore(limit), mp.Queue()
    processes = [Limited(job, seats, outcomes) for job in jobs]
    for process in processes:
        process.start()
    got = dict(outcomes.get() for _ in processes)
    for process in processes:
        process.join()
    outcomes.close()
    outcomes.join_thread()
    for process in processes:
        if got[process.pid] is not None:
            raise got[process.pid]
    return set(got)


def work(job):
    job()
    return os.getpid()


def with_pool(jobs, limit):
    pool = mp.Pool(processes=limit)
    try:
        handles = [pool.apply_async(work, (job,)) for job in jobs]
    finally:
        pool.close()
        pool.join()
    return {handle.get() for handle in handles}
