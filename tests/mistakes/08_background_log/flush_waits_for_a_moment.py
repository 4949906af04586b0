"""Waits a second for its lines to be written, and takes that for their being in the file.

expect: failure
test: test_flush_waits_as_long_as_the_file*
"""

from __future__ import annotations
import queue
import threading
from pathlib import Path


class _Writer(threading.Thread):
    def __init__(self, path):
        super().__init__(name="log writer")
        self.path = path
        self.inbox = queue.SimpleQueue()
        self.error = None
        self._guard = threading.Lock()

    def run(self):
        for message in iter(self.inbox.get, None):
            if isinstance(message, threading.Event):
                message.set()
                continue
            try:
                with open(self.path, "a", encoding="utf-8") as file:
                    file.write(message + "\n")
            except Exception as e:
                with self._guard:
                    self.error = self.error or e

    def take_error(self):
        with self._guard:
            e, self.error = self.error, None
        return e


class BackgroundLog:
    def __init__(self, path):
        self._writer = _Writer(Path(path))
        self._lock = threading.Lock()
        self._open = True
        self._writer.start()

    def write(self, line):
        with self._lock:
            if not self._open:
                raise ValueError("the log is closed")
            self._writer.inbox.put(str(line))

    def flush(self):
        with self._lock:
            mark = None
            if self._open:
                mark = threading.Event()
                self._writer.inbox.put(mark)
        if mark:
            mark.wait(1)
        else:
            self._writer.join()
        self._complain()

    def _complain(self):
        e = self._writer.take_error()
        if e:
            raise e

    def close(self):
        with self._lock:
            if self._open:
                self._open = False
                self._writer.inbox.put(None)
        self._writer.join()
        self._complain()

    def __enter__(self):
        return self

    def __exit__(self, kind, error, where):
        self.close()
