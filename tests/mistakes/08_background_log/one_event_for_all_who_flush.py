"""All who flush share one event, and each puts it down when it wakes.

expect: stalled
test: test_each_flush_waits*
"""

from __future__ import annotations

import os
import queue
import threading
from pathlib import Path
from types import TracebackType


class BackgroundLog:
    """A thread of its own writes the lines; who calls `write` does not wait for that."""

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self._path = Path(path)
        self._lines: queue.Queue[str | threading.Event | None] = queue.Queue()
        self._lock = threading.Lock()
        self._closed = False
        self._error: Exception | None = None
        self._flushed = threading.Event()
        self._writer = threading.Thread(target=self._write_all, name=f"writer of {self._path.name}")
        self._writer.start()

    def write(self, line: str) -> None:
        with self._lock:
            if self._closed:
                raise ValueError("the log is closed")
            self._lines.put(line)

    def flush(self) -> None:
        with self._lock:
            if self._closed:
                return
            self._lines.put(self._flushed)
        self._flushed.wait()
        self._flushed.clear()
        self._raise_error()

    def close(self) -> None:
        with self._lock:
            if not self._closed:
                self._closed = True
                self._lines.put(None)
        self._writer.join()
        self._raise_error()

    def _write_all(self) -> None:
        line: str | threading.Event | None = ""
        while line is not None:
            line = self._lines.get()
            try:
                if isinstance(line, threading.Event):
                    line.set()
                elif line is not None:
                    self._append(line)
            except Exception as error:
                with self._lock:
                    self._error = error
            finally:
                self._lines.task_done()

    def _append(self, line: str) -> None:
        with self._path.open("a", encoding="utf-8") as file:
            file.write(line + "\n")

    def _raise_error(self) -> None:
        with self._lock:
            error, self._error = self._error, None
        if error is not None:
            raise error

    def __enter__(self) -> BackgroundLog:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        self.close()
