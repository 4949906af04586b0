"""A global under a lock for the threads, a Value under its lock for the processes, a queue for exceptions."""

import multiprocessing
import threading

found = 0
lock = threading.Lock()


def count_in_threads(jobs):
    global found  # noqa: PLW0603
    found = 0
    errors = [None] * len(jobs)

    def run(i):
        global found  # noqa: PLW0603
        try:
            if jobs[i]():
                with lock:
                    found += 1
        except Exception as error:
            errors[i] = error

    threads = [threading.Thread(target=run, args=(i,)) for i in range(len(jobs))]
    [t.start() for t in threads]
    [t.join() for t in threads]
    for error in errors:
        if error:
            raise error
    return found


def _run(i, job, counter, errors):
    error = None
    try:
        if job():
            with counter.get_lock():
                counter.value += 1
    except Exception as e:
        error = e
    errors.put((i, error))


def count_in_processes(jobs):
    counter = multiprocessing.Value("i", 0)
    errors = multiprocessing.SimpleQueue()
    processes = [
        multiprocessing.Process(target=_run, args=(i, job, counter, errors)) for i, job in enumerate(jobs)
    ]
    for p in processes:
        p.start()
    found = dict(errors.get() for _ in processes)
    for p in processes:
        p.join()
    errors.close()
    for i in sorted(found):
        if found[i] is not None:
            raise found[i]
    return counter.value
