"""A deque under a condition, a closed flag instead of end marks, and a future of its own."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from threading import Condition, Event, Thread
from typing import Any


class Promise:
    def __init__(self, fn: Callable[..., Any], args: tuple[Any, ...]) -> None:
        self.fn, self.args = fn, args
        self.kept = Event()
        self.value: Any = None
        self.error: BaseException | None = None

    def keep(self) -> None:
        try:
            self.value = self.fn(*self.args)
        except BaseException as error:
            self.error = error
        self.kept.set()

    def done(self) -> bool:
        return self.kept.is_set()

    def result(self, timeout: float | None = None) -> Any:
        if not self.kept.wait(timeout):
            raise TimeoutError
        if self.error is not None:
            raise self.error
        return self.value


class ThreadPool:
    def __init__(self, workers: int) -> None:
        self._line: deque[Promise] = deque()
        self._news = Condition()
        self._closed = False
        self._threads = [Thread(target=self._serve) for _ in range(workers)]
        for thread in self._threads:
            thread.start()

    def submit(self, fn: Callable[..., Any], *args: Any) -> Promise:
        promise = Promise(fn, args)
        with self._news:
            if self._closed:
                raise RuntimeError("the pool is closed")
            self._line.append(promise)
            self._news.notify()
        return promise

    def map(self, fn: Callable[[Any], Any], items: Iterable[Any]) -> Iterator[Any]:
        promises = [self.submit(fn, item) for item in items]
        return (promise.result() for promise in promises)

    def shutdown(self, wait: bool = True) -> None:
        with self._news:
            self._closed = True
            self._news.notify_all()
        if wait:
            for thread in self._threads:
                thread.join()

    def _serve(self) -> None:
        while (promise := self._next()) is not None:
            promise.keep()

    def _next(self) -> Promise | None:
        with self._news:
            self._news.wait_for(lambda: self._line or self._closed)
            return self._line.popleft() if self._line else None

    def __enter__(self) -> ThreadPool:
        return self

    def __exit__(self, *_: object) -> None:
        self.shutdown()
