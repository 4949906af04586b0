"""Sleeps as long as the grace is, whether or not anybody is left to wait for.

expect: failure
test: test_nobody_waits_longer*
"""

import contextlib
import multiprocessing
import os
import signal
from multiprocessing import Process
from time import sleep


class Supervisor:
    def __init__(self):
        self._event = multiprocessing.Event()
        self._children = []

    def start(self, fn):
        child = Process(target=lead_a_group, args=(fn, self._event))
        child.start()
        self._children.append(child)

    def stop(self, grace):
        self._event.set()
        sleep(grace)
        for child in self._children:
            child.terminate()
        sleep(grace)
        for child in self._children:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(child.pid, signal.SIGKILL)
            child.join()

    def alive(self):
        return sum(child.is_alive() for child in self._children)


def lead_a_group(fn, event):
    os.setpgid(0, 0)
    fn(event)
