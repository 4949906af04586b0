"""Signals the child's process group, which is its own: no child was made the leader of one.

expect: failure
test: test_a_child_that_does_not_look*
"""

import multiprocessing
import os
import signal
import time
from multiprocessing import Process


class Supervisor:
    def __init__(self):
        self._event = multiprocessing.Event()
        self._children = []

    def start(self, fn):
        child = Process(target=fn, args=(self._event,))
        child.start()
        self._children.append(child)

    def stop(self, grace):
        self._event.set()
        self._wait(grace)
        self._signal(signal.SIGTERM)
        self._wait(grace)
        self._signal(signal.SIGKILL)
        for child in self._children:
            child.join()
        self._children.clear()

    def alive(self):
        return sum(child.is_alive() for child in self._children)

    def _wait(self, seconds):
        deadline = time.monotonic() + seconds
        for child in self._children:
            child.join(max(0, deadline - time.monotonic()))

    def _signal(self, number):
        for child in self._children:
            if child.is_alive():
                os.killpg(os.getpgid(child.pid), number)
