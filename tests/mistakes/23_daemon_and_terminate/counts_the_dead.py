"""Counts all children that were ever started as alive.

expect: failure
test: test_a_child_that_has_ended*
"""

import os
import signal
import time
from multiprocessing import Event, Process


def work(fn, event):
    os.setpgid(0, 0)
    fn(event)


class Supervisor:
    def __init__(self):
        self.event = Event()
        self.children = []

    def start(self, fn):
        child = Process(target=work, args=(fn, self.event))
        child.start()
        self.children.append(child)

    def alive(self):
        return len(self.children)

    def stop(self, grace):
        self.event.set()
        for number in (signal.SIGTERM, signal.SIGKILL):
            deadline = time.monotonic() + grace
            for child in self.children:
                child.join(max(0, deadline - time.monotonic()))
            for child in self.children:
                try:
                    os.killpg(child.pid, number)
                except ProcessLookupError:
                    pass
        for child in self.children:
            child.join()
        self.children.clear()
