"""Sends the sign to end, and does not wait for the writer.

expect: race
test: test_a_line_that_was_accepted*
"""

from __future__ import annotations

import queue
import threading
from pathlib import Path


class BackgroundLog:
    def __init__(self, path) -> None:
        self._path = Path(path)
        self._lines: queue.Queue[str | None] = queue.Queue()
        self._lock = threading.Lock()
        self._closed = False
        self._error: Exception | None = None
        self._writer = threading.Thread(target=self._write_all, name="writer")
        self._writer.start()

    def write(self, line: str) -> None:
        with self._lock:
            if self._closed:
                raise ValueError("the log is closed")
            self._lines.put(line)

    def flush(self) -> None:
        self._lines.join()
        self._raise_error()

    def close(self) -> None:
        with self._lock:
            if not self._closed:
                self._closed = True
                self._lines.put(None)
        self._raise_error()

    def _write_all(self) -> None:
        while (line := self._lines.get()) is not None:
            try:
                self._append(line)
            except Exception as error:
                self._error = error
            finally:
                self._lines.task_done()

    def _append(self, line: str) -> None:
        with self._path.open("a", encoding="utf-8") as file:
            file.write(line + "\n")

    def _raise_error(self) -> None:
        error, self._error = self._error, None
        if error is not None:
            raise error

    def __enter__(self) -> BackgroundLog:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
