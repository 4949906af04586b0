"""Each child ends its own children, and all of theirs, before it ends; its parent kills what is left."""

import multiprocessing as mp
import signal
import sys
import time

import psutil


def _work(fn, event):
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    try:
        fn(event)
    finally:
        for process in psutil.Process().children(recursive=True):
            process.kill()


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
