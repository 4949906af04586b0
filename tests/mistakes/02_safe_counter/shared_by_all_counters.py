"""The number lives in the class, so all counters are one.

expect: failure
test: test_two_counters*
"""

from threading import Lock


class SafeCounter:
    _lock = Lock()
    _value = 0

    def increment(self, by=1):
        with self._lock:
            SafeCounter._value += by

    def decrement(self, by=1):
        self.increment(-by)

    @property
    def value(self):
        with self._lock:
            return SafeCounter._value
