"""Terminates and kills, and joins nobody.

expect: zombie, leaked-process
test: test_stopped_children*
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
        time.sleep(0.05)
        for number in (signal.SIGTERM, signal.SIGKILL):
            for child in self.children:
                try:
                    os.killpg(child.pid, number)
                except ProcessLookupError:
                    pass
