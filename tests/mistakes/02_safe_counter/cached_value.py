"""Computes the value at the first question and remembers it: later updates are never seen.

expect: failure
test: test_counts*
"""

from __future__ import annotations

import functools
import threading


class SafeCounter:
    def __init__(self):
        self._lock = threading.Lock()
        self._value = 0

    def increment(self, by=1):
        with self._lock:
            self._value += by

    def decrement(self, by=1):
        with self._lock:
            self._value -= by

    @functools.cached_property
    def value(self):
        with self._lock:
            return self._value
