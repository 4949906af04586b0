"""Starts a worker only when a job finds none that is free; a semaphore counts the free ones."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from typing import Any


class ThreadPool:
    def __init__(self, workers: int) -> None:
        self._limit = workers
        self._free = threading.Semaphore(0)
        self._lock = threading.Lock()
        self._inbox: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._staff: set[threading.Thread] = set()
        self._closing = False

    def submit(self, fn: Callable[..., Any], *args: Any) -> Future[Any]:
        future: Future[Any] = Future()
        with self._lock:
            if self._closing:
                raise RuntimeError("no more jobs after shutdown")
            self._inbox.put((future, fn, args))
            if not self._free.acquire(blocking=False) and len(self._staff) < self._limit:
                worker = threading.Thread(target=self._work)
                self._staff.add(worker)
                worker.start()
        return future

    def _work(self) -> None:
        while True:
            job = self._inbox.get()
            if job is None:
                break
            future, fn, args = job
            if future.set_running_or_notify_cancel():
                try:
                    future.set_result(fn(*args))
                except BaseException as error:
                    future.set_exception(error)
            self._free.release()

    def map(self, fn: Callable[[Any], Any], items: Iterable[Any]) -> Iterator[Any]:
        futures = [self.submit(fn, item) for item in items]
        return map(Future.result, futures)

    def shutdown(self, wait: bool = True) -> None:
        with self._lock:
            if not self._closing:
                self._closing = True
                for _ in self._staff:
                    self._inbox.put(None)
        if wait:
            for worker in self._staff:
                worker.join()

    def __enter__(self) -> ThreadPool:
        return self

    def __exit__(self, *_: object) -> None:
        self.shutdown(wait=True)
