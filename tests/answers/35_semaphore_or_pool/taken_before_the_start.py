"""The parent takes a place before it starts a process, and the process gives it back; futures for the pool."""

import multiprocessing
import os
from concurrent.futures import ProcessPoolExecutor


def child(job, places, errors, number):
    try:
        job()
    except Exception as error:
        errors.put((number, error))
    finally:
        places.release()


def with_semaphore(jobs, limit):
    places = multiprocessing.BoundedSemaphore(limit)
    errors = multiprocessing.SimpleQueue()
    children = []
    for number, job in enumerate(jobs):
        places.acquire()
        children.append(multiprocessing.Process(target=child, args=(job, places, errors, number)))
        children[-1].start()
    pids = set()
    for process in children:
        process.join()
        pids.add(process.pid)
    found = {}
    while not errors.empty():
        number, error = errors.get()
        found[number] = error
    errors.close()
    if found:
        raise found[min(found)]
    return pids


def run(job):
    job()
    return os.getpid()


def with_pool(jobs, limit):
    with ProcessPoolExecutor(max_workers=limit) as executor:
        futures = [executor.submit(run, job) for job in jobs]
    return {future.result() for future in futures}
