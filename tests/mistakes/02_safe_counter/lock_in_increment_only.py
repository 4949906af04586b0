"""Only increment takes the lock.

expect: race
test: test_an_increment_and_a_decrement*
"""

from threading import Lock


class SafeCounter:
    def __init__(self):
        self._lock = Lock()
        self._value = 0

    def increment(self, by=1):
        with self._lock:
            self._value += by

    def decrement(self, by=1):
        self._value -= by

    @property
    def value(self):
        return self._value
