"""Every change wakes everybody, and who looks in vain waits for the whole timeout again.

expect: failure, race
test: test_clear_alone*
"""

from threading import Condition


class Event:
    def __init__(self):
        self._changed = Condition()
        self._flag = False
        self._rounds = 0

    def set(self):
        with self._changed:
            self._flag = True
            self._rounds += 1
            self._changed.notify_all()

    def clear(self):
        with self._changed:
            self._flag = False
            self._changed.notify_all()

    def is_set(self):
        return self._flag

    def wait(self, timeout=None):
        with self._changed:
            before = self._rounds
            while not self._flag and self._rounds == before:
                if not self._changed.wait(timeout):
                    return False
            return True
