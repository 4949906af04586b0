"""One lock for all counters, made with the class: they wait for each other, and lose nothing."""

import threading


class SafeCounter:
    _lock = threading.Lock()

    def __init__(self):
        self._value = 0

    def increment(self, by=1):
        with SafeCounter._lock:
            self._value = self._value + by

    def decrement(self, by=1):
        self.increment(-by)

    @property
    def value(self):
        return self._value
