"""Keeps what was there before in one place for each thread: a run inside of a run writes over it.

expect: failure
test: test_a_run_inside*
"""

import threading


class Context:
    def __init__(self):
        self._l = threading.local()
        self._own = None

    def _v(self):
        if self._own is not None:
            return self._own
        return self._l.__dict__.setdefault("v", {})

    def set(self, **v):
        self._v().update(v)

    def get(self, n):
        return self._v()[n]

    def copy(self):
        c = Context()
        c._l = self._l
        c._own = dict(self._v())
        return c

    def run(self, fn, *args):
        self._l.saved = self._l.__dict__.get("v", {})
        self._l.v = dict(self._own)
        try:
            return fn(*args)
        finally:
            self._l.v = self._l.saved
