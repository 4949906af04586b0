"""Makes all pipes, then forks all workers, and hears of a death by the end of the pipe: the others keep it open.

expect: no-eof, stalled, deadlock-cycle
test: test_a_death_is_told_while*
"""

from __future__ import annotations

import multiprocessing as mp
import queue
import sys
import threading


def work(conn):
    while (job := conn.recv()) is not None:
        try:
            conn.send((True, job[0](*job[1])))
        except Exception as e:
            conn.send((False, e))
    conn.close()


class MiniPool:
    def __init__(self, size):
        if size < 1:
            raise ValueError
        self.tasks = queue.Queue()
        self.closed = self.dead = False
        self.lock = threading.Lock()
        pipes = [mp.Pipe() for _ in range(size)]
        self.conns = [p[0] for p in pipes]
        self.procs = [mp.Process(target=work, args=(p[1],)) for p in pipes]
        for p in self.procs:
            p.start()
        for _, theirs in pipes:
            theirs.close()
        self.keepers = [threading.Thread(target=self.keep, args=(i,)) for i in range(size)]
        for k in self.keepers:
            k.start()

    def keep(self, i):
        while (t := self.tasks.get()) is not None:
            if self.dead:
                continue
            fn, args, cb, ecb = t
            try:
                self.conns[i].send((fn, args))
                ok, value = self.conns[i].recv()
            except (EOFError, OSError):
                ok, value = False, RuntimeError("died")
                with self.lock:
                    if self.dead:
                        continue
                    self.conns[i].close()
                    self.procs[i].join()
                    self.conns[i], theirs = mp.Pipe()
                    self.procs[i] = mp.Process(target=work, args=(theirs,))
                    self.procs[i].start()
                    theirs.close()
            if ok:
                cb and cb(value)
            elif ecb:
                ecb(value)
            else:
                print(repr(value), file=sys.stderr)
        try:
            self.conns[i].send(None)
        except OSError:
            pass
        self.conns[i].close()
        self.procs[i].join()

    def apply_async(self, fn, args=(), callback=None, error_callback=None):
        if self.closed:
            raise ValueError
        self.tasks.put((fn, args, callback, error_callback))

    def close(self):
        if not self.closed:
            self.closed = True
            for _ in self.keepers:
                self.tasks.put(None)

    def join(self):
        if not self.closed:
            raise ValueError
        for k in self.keepers:
            k.join()

    def terminate(self):
        self.close()
        with self.lock:
            self.dead = True
            for p in self.procs:
                p.kill()
