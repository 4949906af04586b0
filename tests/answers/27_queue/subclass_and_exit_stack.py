"""A Process subclass with a private Pipe-free design: a JoinableQueue of tasks, slots filled by place."""

from __future__ import annotations

import contextlib
import multiprocessing
from collections.abc import Iterator


class Worker(multiprocessing.Process):
    def __init__(self, todo, done):
        super().__init__()
        self.todo = todo
        self.done = done

    def run(self):
        for i, n in iter(self.todo.get, "stop"):
            try:
                self.done.put((i, True, n * n))
            except Exception as e:
                self.done.put((i, False, e))
            self.todo.task_done()
        self.todo.task_done()


@contextlib.contextmanager
def closed(q) -> Iterator:
    try:
        yield q
    finally:
        q.close()
        q.join_thread()


def square_all(numbers, workers=2):
    if workers < 1:
        raise ValueError("workers")
    with closed(multiprocessing.JoinableQueue()) as todo, closed(multiprocessing.Queue()) as done:
        team = [Worker(todo, done) for _ in range(workers)]
        for w in team:
            w.start()
        for task in enumerate(numbers):
            todo.put(task)
        for _ in team:
            todo.put("stop")
        slots = [None] * len(numbers)
        errors = {}
        for _ in slots:
            i, ok, what = done.get()
            if ok:
                slots[i] = what
            else:
                errors[i] = what
        todo.join()
        for w in team:
            w.join()
            w.close()
    if errors:
        raise errors[min(errors)]
    return slots
