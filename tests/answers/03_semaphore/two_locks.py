"""Two plain locks: one guards the counter, the other is a gate that is open while there are places."""

from threading import Lock


class Semaphore:
    def __init__(self, value=1):
        if value < 0:
            raise ValueError(value)
        self.mutex = Lock()
        self.gate = Lock()
        self.value = value
        if value == 0:
            self.gate.acquire()

    def acquire(self, blocking=True, timeout=None):
        if not blocking and timeout is not None:
            raise ValueError("cannot give a timeout without blocking")
        if not self.gate.acquire(blocking, -1 if timeout is None else timeout):
            return False
        with self.mutex:
            self.value -= 1
            if self.value > 0:
                self.gate.release()  # the next one may come, too
        return True

    def release(self, n=1):
        if n < 1:
            raise ValueError(n)
        with self.mutex:
            self.value += n
            if self.value == n:
                self.gate.release()

    def __enter__(self):
        self.acquire()
        return self

    def __exit__(self, *_):
        self.release()
