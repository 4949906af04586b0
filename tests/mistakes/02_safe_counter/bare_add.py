"""No lock at all: "the GIL protects +=".

expect: race
test: test_two_increments*
"""


class SafeCounter:
    def __init__(self):
        self._value = 0

    def increment(self, by=1):
        self._value += by

    def decrement(self, by=1):
        self._value -= by

    @property
    def value(self):
        return self._value
