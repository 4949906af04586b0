"""Kills who has not listened to the event, without SIGTERM before.

expect: failure
test: test_a_child_that_does_not_look*
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
        return sum(child.is_alive() for child in self.children)

    def stop(self, grace):
        self.event.set()
        deadline = time.monotonic() + grace
        for child in self.children:
            child.join(max(0, deadline - time.monotonic()))
        for child in self.children:
            try:
                os.killpg(child.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
            child.join()
