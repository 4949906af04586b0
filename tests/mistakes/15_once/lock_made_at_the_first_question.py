"""Guards the making of its lock with another lock, which the first who asks makes without any.

expect: race
test: test_two_threads_that_ask*
"""

import threading

_lock = None


def _the_lock():
    global _lock
    if _lock is None:
        _lock = threading.Lock()
    return _lock


class Once:
    def __init__(self, factory):
        self._f = factory
        self._made = False
        self._v = None
        self._maker = None
        self._own = None

    def get(self):
        if self._made:
            return self._v
        if self._maker == threading.get_ident():
            raise RuntimeError
        with _the_lock():
            if self._own is None:
                self._own = threading.Lock()
        with self._own:
            if not self._made:
                self._maker = threading.get_ident()
                try:
                    self._v = self._f()
                    self._made = True
                finally:
                    self._maker = None
            return self._v
