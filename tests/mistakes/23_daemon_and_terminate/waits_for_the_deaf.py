"""Never kills: waits without limit for a child that ignores SIGTERM.

expect: stalled, deadlock-cycle
test: test_a_child_that_ignores_sigterm*
"""

import time
from multiprocessing import Event, Process


class Supervisor:
    def __init__(self):
        self.event = Event()
        self.children = []

    def start(self, fn):
        child = Process(target=fn, args=(self.event,))
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
            child.terminate()
        for child in self.children:
            child.join()
