"""Waits a while for the lock, and then changes the number without it.

expect: race
test: test_an_update_waits*
"""

from __future__ import annotations

import threading


class SafeCounter:
    def __init__(self):
        self._lock = threading.Lock()
        self._value = 0

    def increment(self, by=1):
        got = self._lock.acquire(timeout=0.1)
        try:
            self._value += by
        finally:
            if got:
                self._lock.release()

    def decrement(self, by=1):
        self.increment(-by)

    @property
    def value(self):
        return self._value
