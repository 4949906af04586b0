"""Takes a copy without values for no copy at all.

expect: failure
test: test_a_copy_without_values*
"""

import threading


class Context:
    def __init__(self):
        self._l = threading.local()
        self._own = None

    def _v(self):
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
        before = self._l.__dict__.get("v")
        if self._own:
            self._l.v = dict(self._own)
        try:
            return fn(*args)
        finally:
            if before is None:
                self._l.__dict__.pop("v", None)
            else:
                self._l.v = before
