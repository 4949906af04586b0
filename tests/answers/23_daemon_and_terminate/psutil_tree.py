"""Looks up all descendants with psutil before each step; an event for each child."""

import contextlib
import multiprocessing
import time

import psutil


class Supervisor:
    def __init__(self):
        self.workers = []

    def start(self, fn):
        event = multiprocessing.Event()
        process = multiprocessing.Process(target=fn, args=(event,))
        process.start()
        self.workers.append((process, event))

    def alive(self):
        return len([p for p, _ in self.workers if p.is_alive()])

    def stop(self, grace):
        family = self._family()
        for _, event in self.workers:
            event.set()
        self._wait(grace)
        family |= self._family()
        for p, _ in self.workers:
            if p.is_alive():
                p.terminate()
        self._wait(grace)
        family |= self._family()
        for p, _ in self.workers:
            if p.is_alive():
                p.kill()
        for p, _ in self.workers:
            p.join()
        for each in family:
            with contextlib.suppress(psutil.NoSuchProcess):
                each.kill()

    def _family(self):
        found = set()
        for p, _ in self.workers:
            with contextlib.suppress(psutil.NoSuchProcess):
                found.update(psutil.Process(p.pid).children(recursive=True))
        return found

    def _wait(self, seconds):
        end = time.monotonic() + seconds
        for p, _ in self.workers:
            p.join(max(0, end - time.monotonic()))
