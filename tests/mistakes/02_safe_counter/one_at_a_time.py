"""increment(by) counts up in single steps, each of them locked: a reader sees the steps.

expect: race
test: test_a_reader_sees_an_increment*
"""

from threading import Lock


class SafeCounter:
    def __init__(self):
        self._lock = Lock()
        self._value = 0

    def increment(self, by=1):
        for _ in range(by):
            with self._lock:
                self._value += 1

    def decrement(self, by=1):
        for _ in range(by):
            with self._lock:
                self._value -= 1

    @property
    def value(self):
        with self._lock:
            return self._value
