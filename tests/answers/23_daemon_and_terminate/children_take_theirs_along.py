"""Each child ends its own children when it is terminated; what is left is killed by its parent's number."""

import multiprocessing as mp
import signal
import sys
import time

import psutil


def _work(fn, event):
    def end(*_):
        for child in mp.active_children():
            child.terminate()
        for child in mp.active_children():
            child.join()
        sys.exit(0)

    signal.signal(signal.SIGTERM, end)
    fn(event)


class Supervisor:
    def __init__(self):
        self.event = mp.Event()
        self.children = []

    def start(self, fn):
        child = mp.Process(target=_work, args=(fn, self.event), daemon=False)
        self.children.append(child)
        child.start()

    def alive(self):
        return sum(c.is_alive() for c in self.children)

    def _join(self, seconds):
        deadline = time.monotonic() + seconds
        for c in self.children:
            c.join(max(deadline - time.monotonic(), 0))
        return [c for c in self.children if c.is_alive()]

    def stop(self, grace):
        self.event.set()
        for c in self._join(grace):
            c.terminate()
        for c in self._join(grace):
            for g in psutil.Process(c.pid).children(recursive=True):
                g.kill()
            c.kill()
        for c in self.children:
            c.join()
            c.close()
        self.children = []
