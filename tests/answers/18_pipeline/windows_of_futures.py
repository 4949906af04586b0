"""Each stage is a generator round a thread pool that keeps a window of futures in flight."""

from __future__ import annotations

import queue
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any


class Fetcher(threading.Thread):
    """Runs ahead of an iterator by a few items, until it is told to stop."""

    def __init__(self, items: Iterator[Any], ahead: int) -> None:
        super().__init__()
        self.items = items
        self.room = threading.Semaphore(ahead)
        self.fetched: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self.stopped = False

    def run(self) -> None:
        while True:
            self.room.acquire()
            if self.stopped:
                break
            try:
                self.fetched.put((next(self.items), None))
            except BaseException as error:
                self.fetched.put((None, error))
                break
        close(self.items)

    def __iter__(self) -> Iterator[Any]:
        self.start()
        try:
            while True:
                item, error = self.fetched.get()
                if isinstance(error, StopIteration):
                    return
                if error is not None:
                    raise error
                self.room.release()
                yield item
        finally:
            self.stopped = True
            self.room.release()
            self.join()


def close(items: Iterator[Any]) -> None:
    if hasattr(items, "close"):
        items.close()


def in_threads(items: Iterator[Any], stage: Callable[[Any], Any], workers: int) -> Iterator[Any]:
    window: deque[Future[Any]] = deque()
    trouble: Exception | None = None
    with ThreadPoolExecutor(workers) as pool:
        try:
            while trouble is None:
                try:
                    item = next(items)
                except Exception as error:
                    trouble = error
                    break
                window.append(pool.submit(stage, item))
                if len(window) > workers:
                    yield window.popleft().result()
            while window:
                yield window.popleft().result()
        finally:
            for future in window:
                future.cancel()
            close(items)
    if not isinstance(trouble, StopIteration):
        assert trouble is not None
        raise trouble


def pipeline(source: Iterable[Any], *stages: Callable[[Any], Any], workers: int = 1) -> Iterator[Any]:
    items: Iterator[Any] = iter(source)
    for stage in stages:
        items = in_threads(items, stage, workers)
        items = iter(Fetcher(items, ahead=1))
    return items
