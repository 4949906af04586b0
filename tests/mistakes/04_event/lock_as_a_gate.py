"""Takes a lock for a gate: open when it is free, and each one who passes shuts it for a moment.

expect: race, stalled, failure, lost-exception
test: test_set_from_two_threads_wakes_who_waits
"""

from __future__ import annotations

import threading


class Event:
    def __init__(self) -> None:
        self._gate = threading.Lock()
        self._gate.acquire()

    def set(self) -> None:
        if self._gate.locked():
            self._gate.release()

    def clear(self) -> None:
        self._gate.acquire(blocking=False)

    def is_set(self) -> bool:
        return not self._gate.locked()

    def wait(self, timeout: float | None = None) -> bool:
        if not self._gate.acquire(timeout=-1 if timeout is None else timeout):
            return False
        self._gate.release()
        return True
