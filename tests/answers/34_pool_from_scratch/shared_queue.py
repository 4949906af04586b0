"""Workers share a queue of tasks, and say which one they have begun; results and news come through one more queue."""

import multiprocessing
import sys
import threading
from multiprocessing.connection import wait


def work(tasks, news):
    me = multiprocessing.current_process().name
    while True:
        job = tasks.get()
        if job is None:
            break
        number, fn, args = job
        news.put(("begun", me, number, None))
        try:
            result = fn(*args)
        except Exception as error:
            news.put(("failed", me, number, error))
        else:
            news.put(("done", me, number, result))
    news.put(("gone", me, None, None))


class MiniPool:
    def __init__(self, size):
        if size < 1:
            raise ValueError("at least one worker")
        self.tasks = multiprocessing.Queue()
        self.news = multiprocessing.SimpleQueue()
        self.wake_in, self.wake_out = multiprocessing.Pipe(duplex=False)
        self.open = True
        self.killed = False
        self.callbacks = {}
        self.count = 0
        self.workers = {}
        for _ in range(size):
            self.hire()
        self.listener = threading.Thread(target=self.listen, daemon=True)
        self.listener.start()

    def hire(self):
        worker = multiprocessing.Process(target=work, args=(self.tasks, self.news), daemon=True)
        worker.start()
        self.workers[worker.name] = worker

    def apply_async(self, fn, args=(), callback=None, error_callback=None):
        if not self.open:
            raise ValueError("closed")
        self.count += 1
        self.callbacks[self.count] = callback, error_callback
        self.tasks.put((self.count, fn, args))

    def close(self):
        if self.open:
            self.open = False
            for _ in list(self.workers):
                self.tasks.put(None)

    def terminate(self):
        self.killed = True
        self.close()
        for worker in list(self.workers.values()):
            worker.kill()

    def join(self):
        if self.open:
            raise ValueError("not closed")
        self.listener.join()
        self.wake_in.close()
        self.wake_out.close()
        if self.killed:
            self.tasks.cancel_join_thread()
        self.tasks.close()
        if not self.killed:
            self.tasks.join_thread()
        self.news.close()

    def listen(self):
        begun = {}
        while self.workers:
            wait([self.news._reader, *(worker.sentinel for worker in self.workers.values())])
            # Looked at before the news is read: what a dead worker has said is there by then.
            dead = [name for name, worker in self.workers.items() if worker.exitcode is not None]
            while not self.killed and not self.news.empty():
                self.heard(begun, *self.news.get())
            for name in dead:
                self.workers.pop(name).join()
                if not self.killed and name in begun:
                    self.hire()
                    self.told(begun.pop(name), False, RuntimeError(f"{name} died"))

    def heard(self, begun, what, name, number, value):
        if what == "begun":
            begun[name] = number
        elif what != "gone":
            begun.pop(name)
            self.told(number, what == "done", value)

    def told(self, number, good, value):
        callback, error_callback = self.callbacks.pop(number)
        if good:
            if callback is not None:
                callback(value)
        elif error_callback is not None:
            error_callback(value)
        else:
            sys.stderr.write(f"{type(value).__name__}: {value}\n")
