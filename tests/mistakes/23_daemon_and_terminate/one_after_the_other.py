"""Goes through all steps with one child, then with the next: each has `grace` for itself.

expect: failure
test: test_all_children_are_terminated_together
"""

import os
import signal
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
        for child in self.children:
            for number in (signal.SIGTERM, signal.SIGKILL):
                child.join(grace)
                try:
                    os.killpg(child.pid, number)
                except ProcessLookupError:
                    pass
            child.join()
