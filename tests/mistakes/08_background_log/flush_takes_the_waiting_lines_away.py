"""`flush` takes away the list of lines that are not written yet: a second one waits for nothing.

expect: race
test: test_each_flush_waits*
"""

from concurrent.futures import ThreadPoolExecutor
import threading


class BackgroundLog:
    def __init__(self, path):
        self._path = path
        self._pool = ThreadPoolExecutor(max_workers=1)
        self._lock = threading.Lock()
        self._pending = []
        self._closed = False

    def _append(self, line):
        with open(self._path, "a") as f:
            f.write(f"{line}\n")

    def write(self, line):
        with self._lock:
            if self._closed:
                raise ValueError("closed")
            self._pending.append(self._pool.submit(self._append, line))

    def flush(self):
        with self._lock:
            pending, self._pending = self._pending, []
        errors = [e for e in [f.exception() for f in pending] if e]
        if errors:
            raise errors[0]

    def close(self):
        with self._lock:
            self._closed = True
        self._pool.shutdown(wait=True)
        self.flush()

    __enter__ = lambda self: self

    def __exit__(self, *exc):
        self.close()
