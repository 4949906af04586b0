"""Tells a death each time the end of the pipe is seen, until the process has ended, too.

expect: failure
test: test_a_task_is_told_once*
"""

import collections
import multiprocessing as mp
import os
import pickle
import sys
import threading
import traceback
from dataclasses import dataclass
from multiprocessing import connection
from typing import Any


@dataclass
class Task:
    fn: Any
    args: Any
    callback: Any
    error_callback: Any

    def finish(self, ok, value):
        target = self.callback if ok else self.error_callback
        if target is not None:
            try:
                target(value)
            except Exception:
                sys.excepthook(*sys.exc_info())
        elif not ok:
            print(
                "".join(traceback.format_exception(type(value), value, value.__traceback__)), file=sys.stderr
            )


class Worker:
    def __init__(self):
        inbox, self.to = mp.Pipe(duplex=False)
        self.back, outbox = mp.Pipe(duplex=False)
        self.process = mp.Process(target=work, args=(inbox, outbox, self.to, self.back))
        self.process.start()
        inbox.close()
        outbox.close()
        self.task = None

    def give(self, task):
        self.task = task
        self.to.send_bytes(pickle.dumps((task.fn, task.args)))

    def bury(self):
        self.to.close()
        self.back.close()
        self.process.join()
        self.process.close()


def work(inbox, outbox, *others):
    for other in others:
        other.close()
    try:
        while True:
            fn, args = inbox.recv()
            try:
                result = (True, fn(*args))
            except Exception as error:
                result = (False, error)
            outbox.send(result)
    except (EOFError, BrokenPipeError):
        pass
    finally:
        inbox.close()
        outbox.close()


class MiniPool:
    def __init__(self, size):
        if size < 1:
            raise ValueError(f"a pool of {size} workers")
        self._lock = threading.Lock()
        self._waiting = collections.deque()
        self._open, self._dropped = True, False
        self._wake_r, self._wake_w = os.pipe()
        os.set_blocking(self._wake_w, False)
        self._workers = [Worker() for _ in range(size)]
        self._thread = threading.Thread(target=self._manage, name="mini-pool")
        self._thread.start()

    def apply_async(self, fn, args=(), callback=None, error_callback=None):
        with self._lock:
            if not self._open:
                raise ValueError("the pool is closed")
            self._waiting.append(Task(fn, args, callback, error_callback))
            self._wake()

    def close(self):
        with self._lock:
            if self._open:
                self._open = False
                self._wake()

    def terminate(self):
        with self._lock:
            self._waiting.clear()
            if not self._dropped:
                self._dropped = True
                if self._wake_w is not None:
                    self._wake()
            self._open = False

    def join(self):
        if self._open:
            raise ValueError("the pool is still open")
        self._thread.join()

    def _wake(self):
        try:
            os.write(self._wake_w, b"!")
        except BlockingIOError:
            pass

    def _manage(self):
        while True:
            with self._lock:
                if self._dropped:
                    break
                for worker in self._workers:
                    if worker.task is None and self._waiting:
                        worker.give(self._waiting.popleft())
                if not self._open and not any(w.task for w in self._workers) and not self._waiting:
                    break
            self._listen()
        for worker in self._workers:
            if self._dropped:
                worker.process.terminate()
        for worker in self._workers:
            worker.to.close()
        for worker in self._workers:
            worker.bury()
        with self._lock:
            os.close(self._wake_r)
            os.close(self._wake_w)
            self._wake_w = None

    def _listen(self):
        sources = {self._wake_r: None}
        for worker in self._workers:
            if worker.task is not None:
                sources[worker.back] = worker
            sources[worker.process.sentinel] = worker
        done = set()
        for source in connection.wait(list(sources)):
            worker = sources[source]
            if worker is None:
                os.read(self._wake_r, 1000)
            elif id(worker) not in done:
                done.add(id(worker))
                self._look_at(worker)

    def _look_at(self, worker):
        task, answer = worker.task, None
        try:
            if worker.back.poll():
                answer = worker.back.recv()
        except (EOFError, OSError):
            pass
        if answer is not None:
            worker.task = None
        elif task is not None:
            answer = False, RuntimeError("a worker has died")
        if not worker.process.is_alive():
            self._workers[self._workers.index(worker)] = Worker()
            worker.bury()
        if task is not None and answer is not None and not self._dropped:
            task.finish(*answer)
