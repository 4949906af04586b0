"""One lock for going up and another for going down: they do not keep each other out.

expect: race
test: test_an_increment_and_a_decrement*
"""

from threading import Lock


class SafeCounter:
    def __init__(self):
        self._up = Lock()
        self._down = Lock()
        self._value = 0

    def increment(self, by=1):
        with self._up:
            self._value += by

    def decrement(self, by=1):
        with self._down:
            self._value -= by

    @property
    def value(self):
        return self._value
