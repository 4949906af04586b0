"""Sends each task in `apply_async`, and takes in results only in `join`: with great ones both sides write.

expect: full-pipe, deadlock-cycle
test: test_great*
"""

from __future__ import annotations

import itertools
import multiprocessing
import sys
from multiprocessing.connection import wait


def work(connection):
    while (job := connection.recv()) is not None:
        number, fn, args = job
        try:
            outcome = (number, True, fn(*args))
        except Exception as error:
            outcome = (number, False, error)
        connection.send(outcome)
    connection.close()


class MiniPool:
    def __init__(self, size):
        if size < 1:
            raise ValueError(size)
        self.open = True
        self.waiting = {}
        self.numbers = itertools.count()
        self.workers = {}
        for _ in range(size):
            self.start()
        self.turns = itertools.cycle(list(self.workers))

    def start(self):
        mine, theirs = multiprocessing.Pipe()
        process = multiprocessing.Process(target=work, args=(theirs,), daemon=True)
        process.start()
        theirs.close()
        self.workers[mine] = process

    def apply_async(self, fn, args=(), callback=None, error_callback=None):
        if not self.open:
            raise ValueError("closed")
        number = next(self.numbers)
        self.waiting[number] = (callback, error_callback)
        next(self.turns).send((number, fn, args))

    def close(self):
        self.open = False

    def terminate(self):
        self.open = False
        self.waiting.clear()
        for process in self.workers.values():
            process.kill()

    def join(self):
        if self.open:
            raise ValueError("not closed")
        while self.waiting:
            for connection in wait(list(self.workers)):
                number, good, outcome = connection.recv()
                callback, error_callback = self.waiting.pop(number)
                tell = callback if good else error_callback
                if tell is not None:
                    tell(outcome)
                elif not good:
                    print(repr(outcome), file=sys.stderr)
        for connection, process in self.workers.items():
            try:
                connection.send(None)
            except OSError:
                pass
            connection.close()
            process.join()
