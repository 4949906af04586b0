"""The parent takes the semaphore before it starts a process, and the process gives it back at its end."""

import multiprocessing as mp


def _child(number, job, slots, results):
    try:
        results.put((number, True, job()))
    except Exception as e:
        results.put((number, False, e))
    finally:
        slots.release()


def run_limited(jobs, limit):
    if limit <= 0:
        raise ValueError("limit must be positive")
    slots = mp.Semaphore(limit)
    results = mp.Queue()
    processes = []
    for number, job in enumerate(jobs):
        slots.acquire()
        p = mp.Process(target=_child, args=(number, job, slots, results))
        p.start()
        processes.append(p)
    outcomes = sorted((results.get() for _ in processes), key=lambda outcome: outcome[0])
    for p in processes:
        p.join()
    results.close()
    results.join_thread()
    for _, well, value in outcomes:
        if not well:
            raise value
    return [value for _, _, value in outcomes]
