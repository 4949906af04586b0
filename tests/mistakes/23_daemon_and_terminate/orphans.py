"""Ends the children, and knows nothing of what they have started.

expect: orphan
test: test_grandchildren*
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

    def wait(self, seconds):
        deadline = time.monotonic() + seconds
        for child in self.children:
            child.join(max(0, deadline - time.monotonic()))

    def stop(self, grace):
        self.event.set()
        self.wait(grace)
        for child in self.children:
            child.terminate()
        self.wait(grace)
        for child in self.children:
            child.kill()
            child.join()
