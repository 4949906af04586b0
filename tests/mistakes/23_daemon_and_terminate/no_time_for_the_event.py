"""Sets the event and terminates in the same breath.

expect: abandoned-lock
test: test_a_child_has_time*
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
        for child in self.children:
            child.terminate()
        deadline = time.monotonic() + grace
        for child in self.children:
            child.join(max(0, deadline - time.monotonic()))
        for child in self.children:
            child.kill()
            child.join()
