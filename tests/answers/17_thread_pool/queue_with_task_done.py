"""A queue.Queue whose `join` tells when all is done; the end mark is handed on from worker to worker."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from typing import Any

END = object()


class ThreadPool:
    def __init__(self, workers: int) -> None:
        self.queue: queue.Queue[Any] = queue.Queue()
        self.open = True
        self.guard = threading.RLock()
        self.threads = [threading.Thread(target=self._loop, daemon=True) for _ in range(workers)]
        for thread in self.threads:
            thread.start()

    def _loop(self) -> None:
        while True:
            work = self.queue.get()
            try:
                if work is END:
                    self.queue.put(END)  # for the next one
                    return
                work()
            finally:
                self.queue.task_done()

    def submit(self, fn: Callable[..., Any], *args: Any) -> Future[Any]:
        future: Future[Any] = Future()

        def work() -> None:
            try:
                future.set_result(fn(*args))
            except BaseException as error:
                future.set_exception(error)

        with self.guard:
            if not self.open:
                raise RuntimeError("closed")
            self.queue.put(work)
        return future

    def map(self, fn: Callable[[Any], Any], items: Iterable[Any]) -> Iterator[Any]:
        for future in [self.submit(fn, item) for item in items]:
            yield future.result()

    def shutdown(self, wait: bool = True) -> None:
        with self.guard:
            if self.open:
                self.open = False
                self.queue.put(END)
        if wait:
            for thread in self.threads:
                thread.join()

    def __enter__(self) -> ThreadPool:
        return self

    def __exit__(self, *_: object) -> None:
        self.shutdown()
