"""Daemons that are terminated when all orders are done; errors come back as they happen."""

from __future__ import annotations

import multiprocessing


class Waiter(multiprocessing.Process):
    def __init__(self, todo, trouble, handle):
        super().__init__(daemon=True)
        self.todo, self.trouble, self.handle = todo, trouble, handle

    def run(self):
        while True:
            number, order = self.todo.get()
            try:
                self.handle(order)
            except Exception as error:
                self.trouble.put((number, error))
            self.todo.task_done()


def process_orders(orders, workers, handle):
    todo = multiprocessing.JoinableQueue()
    trouble = multiprocessing.SimpleQueue()
    staff = [Waiter(todo, trouble, handle) for _ in range(workers)]
    for waiter in staff:
        waiter.start()
    for numbered in enumerate(orders):
        todo.put(numbered)
    todo.join()
    for waiter in staff:
        waiter.terminate()
        waiter.join()
        waiter.close()
    errors = []
    while not trouble.empty():
        errors.append(trouble.get())
    trouble.close()
    todo.close()
    todo.join_thread()
    for _, error in sorted(errors, key=lambda pair: pair[0]):
        raise error
