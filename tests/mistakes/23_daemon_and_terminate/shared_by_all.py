"""Keeps the children on the class: each supervisor takes those of the others for its own.

expect: failure
test: test_two_supervisors*
"""

import contextlib
import multiprocessing
import os
import time
from multiprocessing import Process


def lead(fn, event):
    os.setpgid(0, 0)
    fn(event)


def sig(c, n):
    with contextlib.suppress(ProcessLookupError):
        os.killpg(c.pid, n)


class Supervisor:
    cs = []

    def __init__(self):
        self.e = multiprocessing.Event()

    def start(self, fn):
        c = Process(target=lead, args=(fn, self.e))
        c.start()
        self.cs.append(c)

    def alive(self):
        return sum(c.is_alive() for c in self.cs)

    def w(self, s):
        t = time.monotonic() + s
        for c in self.cs:
            c.join(max(0, t - time.monotonic()))

    def stop(self, grace):
        self.e.set()
        self.w(grace)
        for c in self.cs:
            if c.is_alive():
                sig(c, 15)
        self.w(grace)
        for c in self.cs:
            sig(c, 9)
        for c in self.cs:
            c.join()
        self.cs.clear()
