"""A condition and its wait_for, which keeps the deadline by itself; release wakes everybody."""

import threading


class Semaphore:
    def __init__(self, value=1):
        if value < 0:
            raise ValueError("semaphore initial value must be >= 0")
        self.__cond = threading.Condition()
        self.__n = value

    def acquire(self, blocking=True, timeout=None):
        if not blocking:
            if timeout is not None:
                raise ValueError("can't specify timeout for non-blocking acquire")
            timeout = 0
        with self.__cond:
            ok = self.__cond.wait_for(lambda: self.__n > 0, timeout)
            if ok:
                self.__n -= 1
        return ok

    def release(self, n=1):
        if n < 1:
            raise ValueError("n must be one or more")
        with self.__cond:
            self.__n += n
            self.__cond.notify_all()

    @property
    def value(self):
        return self.__n

    def __enter__(self):
        self.acquire()

    def __exit__(self, t, v, tb):
        self.release()
