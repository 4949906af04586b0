"""Each child leads a session of its own; waits by looking every few milliseconds."""

import os
import signal
import time
from contextlib import suppress
from multiprocessing import Process, get_context


class Worker(Process):
    def __init__(self, fn, event):
        super().__init__()
        self.fn, self.event = fn, event

    def run(self):
        os.setsid()
        self.fn(self.event)


class Supervisor:
    def __init__(self):
        self._event = None
        self._workers = []

    def start(self, fn):
        if self._event is None:
            self._event = get_context().Event()
        worker = Worker(fn, self._event)
        self._workers.append(worker)
        worker.start()

    def alive(self):
        return sum(1 for worker in self._workers if worker.is_alive())

    def stop(self, grace):
        if self._event is not None:
            self._event.set()
        for number in (signal.SIGTERM, signal.SIGKILL):
            deadline = time.monotonic() + grace
            while self.alive() and time.monotonic() < deadline:
                time.sleep(0.005)
            for worker in self._workers:
                with suppress(OSError):
                    os.killpg(worker.pid, number)
        for worker in self._workers:
            worker.join()
