"""Each free place is a token in a queue: taking a place takes a token out."""

import queue


class Semaphore:
    def __init__(self, value=1):
        if value < 0:
            raise ValueError("a semaphore has no negative value")
        self._tokens = queue.Queue()
        for _ in range(value):
            self._tokens.put(None)

    def acquire(self, blocking=True, timeout=None):
        if not blocking and timeout is not None:
            raise ValueError("no timeout without blocking")
        try:
            self._tokens.get(blocking, None if timeout is None else max(0, timeout))
        except queue.Empty:
            return False
        return True

    def release(self, n=1):
        if n < 1:
            raise ValueError("n must be one or more")
        for _ in range(n):
            self._tokens.put(None)

    @property
    def value(self):
        return self._tokens.qsize()

    def __enter__(self):
        self.acquire()
        return self

    def __exit__(self, *error):
        self.release()
