"""Terminates the consumers when all results have come.

expect: failure
test: test_consumers_end_by_themselves
"""

from __future__ import annotations

import multiprocessing as mp


def consume(r, w, lock, results, handle):
    w.close()
    while True:
        with lock:
            try:
                place, item = r.recv()
            except EOFError:
                break
        try:
            outcome = (place, handle(item), None)
        except Exception as e:
            outcome = (place, None, e)
        results.put(outcome)
    r.close()


def fan_out(items, workers, handle):
    r, w = mp.Pipe(duplex=False)
    lock = mp.Lock()
    results = mp.Queue()
    ps = [mp.Process(target=consume, args=(r, w, lock, results, handle)) for _ in range(workers)]
    for p in ps:
        p.start()
    r.close()
    for pair in enumerate(items):
        w.send(pair)
    got = {}
    for _ in items:
        place, value, error = results.get()
        got[place] = (value, error)
    for p in ps:
        p.terminate()
        p.join()
    w.close()
    results.close()
    results.join_thread()
    for i in range(len(items)):
        if got[i][1] is not None:
            raise got[i][1]
    return [got[i][0] for i in range(len(items))]
