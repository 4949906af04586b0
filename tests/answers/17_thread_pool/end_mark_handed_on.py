"""A SimpleQueue; the one end mark is put back by each worker that finds it, for the next one."""

import queue
import threading
from concurrent.futures import Future

END = None


def fill(future, fn, args):
    try:
        future.set_result(fn(*args))
    except BaseException as error:
        future.set_exception(error)


class ThreadPool:
    def __init__(self, workers):
        self._jobs = queue.SimpleQueue()
        self._door = threading.Lock()
        self._open = True
        self._threads = [threading.Thread(target=self._work) for _ in range(workers)]
        for thread in self._threads:
            thread.start()

    def _work(self):
        for future, fn, args in iter(self._jobs.get, END):
            fill(future, fn, args)
        self._jobs.put(END)

    def submit(self, fn, *args):
        future = Future()
        with self._door:
            if not self._open:
                raise RuntimeError("the pool is shut down")
            self._jobs.put((future, fn, args))
        return future

    def map(self, fn, items):
        futures = [self.submit(fn, item) for item in items]
        return (future.result() for future in futures)

    def shutdown(self, wait=True):
        with self._door:
            if self._open:
                self._open = False
                self._jobs.put(END)
        if wait:
            for thread in self._threads:
                thread.join()

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.shutdown()
