"""One lock and one condition for the whole line; the iterator is a class, and starts its threads at once."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from typing import Any


class pipeline:  # noqa: N801
    def __init__(self, source: Iterable[Any], *stages: Callable[[Any], Any], workers: int = 1) -> None:
        self.source = iter(source)
        self.stages = stages
        self.limit = 2 * workers  # items in the line, whatever the stage they are at
        self.changed = threading.Condition()
        self.waiting: list[dict[int, Any]] = [{} for _ in range(len(stages) + 1)]  # by number, at each stage
        self.errors: dict[int, BaseException] = {}
        self.fetched = 0
        self.given = 0
        self.length: int | None = None
        self.closed = False
        self.threads = [threading.Thread(target=self.feed)]
        for at in range(len(stages)):
            self.threads += [threading.Thread(target=self.work, args=(at,)) for _ in range(workers)]
        for thread in self.threads:
            thread.start()

    def feed(self) -> None:
        while True:
            with self.changed:
                self.changed.wait_for(lambda: self.closed or self.fetched - self.given < self.limit)
                if self.closed:
                    return
            try:
                item = next(self.source)
            except StopIteration:
                self.note(self.fetched, length=self.fetched)
                return
            except Exception as error:
                self.note(self.fetched, error=error, length=self.fetched + 1)
                return
            with self.changed:
                self.waiting[0][self.fetched] = item
                self.fetched += 1
                self.changed.notify_all()

    def note(self, number: int, error: BaseException | None = None, length: int | None = None) -> None:
        with self.changed:
            if error is not None:
                self.errors[number] = error
            if length is not None:
                self.length = length
            self.changed.notify_all()

    def work(self, at: int) -> None:
        while True:
            with self.changed:
                self.changed.wait_for(lambda: self.closed or self.waiting[at])
                if self.closed:
                    return
                number = min(self.waiting[at])
                item = self.waiting[at].pop(number)
            try:
                result = self.stages[at](item)
            except Exception as error:
                self.note(number, error=error)
                continue
            with self.changed:
                self.waiting[at + 1][number] = result
                self.changed.notify_all()

    def __iter__(self) -> Iterator[Any]:
        return self

    def __next__(self) -> Any:
        with self.changed:
            ready = self.waiting[-1]
            self.changed.wait_for(
                lambda: (
                    self.closed
                    or self.given in ready
                    or self.given in self.errors
                    or self.given == self.length
                )
            )
            if self.given in ready and not self.closed:
                self.given += 1
                self.changed.notify_all()
                return ready.pop(self.given - 1)
            error = None if self.closed else self.errors.get(self.given)
        self.close()
        raise StopIteration if error is None else error

    def close(self) -> None:
        with self.changed:
            self.closed = True
            self.changed.notify_all()
        for thread in self.threads:
            thread.join()
