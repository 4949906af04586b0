"""Results in a manager's dict; a bounded semaphore."""

from multiprocessing import BoundedSemaphore, Manager, Process


def _run(number, job, gate, results, errors):
    gate.acquire()
    try:
        results[number] = job()
    except Exception as error:
        errors[number] = error
    finally:
        gate.release()


def run_limited(jobs, limit):
    if limit < 1:
        raise ValueError(limit)
    gate = BoundedSemaphore(limit)
    with Manager() as manager:
        results, errors = manager.dict(), manager.dict()
        workers = [Process(target=_run, args=(n, job, gate, results, errors)) for n, job in enumerate(jobs)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        if errors:
            raise errors[min(errors.keys())]
        return [results[n] for n in range(len(jobs))]
