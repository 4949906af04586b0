"""Results come back through a second pipe, whose write end is shared under a lock; the reader counts on EOF."""

from __future__ import annotations

import multiprocessing
import threading


class Consumer(multiprocessing.Process):
    def __init__(self, ends, read_lock, write_lock, handle):
        super().__init__()
        self.ends = ends
        self.read_lock = read_lock
        self.write_lock = write_lock
        self.handle = handle

    def run(self):
        items_in, items_out, results_in, results_out = self.ends
        items_out.close()
        results_in.close()
        while True:
            self.read_lock.acquire()
            try:
                place, item = items_in.recv()
            except EOFError:
                break
            finally:
                self.read_lock.release()
            try:
                result = (place, True, self.handle(item))
            except Exception as error:
                result = (place, False, error)
            with self.write_lock:
                results_out.send(result)
        items_in.close()
        results_out.close()


def fan_out(items, workers, handle):
    ends = items_in, items_out, results_in, results_out = (
        *multiprocessing.Pipe(False),
        *multiprocessing.Pipe(False),
    )
    locks = multiprocessing.Lock(), multiprocessing.RLock()
    consumers = [Consumer(ends, *locks, handle) for _ in range(workers)]
    for consumer in consumers:
        consumer.start()
    items_in.close()
    results_out.close()
    feeder = threading.Thread(target=feed, args=(items_out, items))
    feeder.start()
    results = {}
    try:
        while True:
            place, good, what = results_in.recv()
            results[place] = (good, what)
    except EOFError:
        results_in.close()
    feeder.join()
    for consumer in consumers:
        consumer.join()
    answer = []
    for place in sorted(results):
        good, what = results[place]
        if not good:
            raise what
        answer.append(what)
    return answer


def feed(end, items):
    with end:
        for numbered in enumerate(items):
            end.send(numbered)
