"""Has no thread: who calls write waits for the file.

expect: failure
test: test_a_thread_of_its_own*
"""

from __future__ import annotations


class BackgroundLog:
    def __init__(self, path) -> None:
        self._path = path
        self._closed = False

    def write(self, line: str) -> None:
        if self._closed:
            raise ValueError("the log is closed")
        with open(self._path, "a", encoding="utf-8") as file:
            file.write(line + "\n")

    def flush(self) -> None:
        pass

    def close(self) -> None:
        self._closed = True

    def __enter__(self) -> BackgroundLog:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
