"""Sets a stop flag and empties the queues once: a thread may have looked at the flag before, and put after.

expect: stalled, leaked-thread
test: test_closing_after_the_first*
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from queue import Empty, Queue
from threading import Event, Lock, Thread
from typing import Any

Place = Future
END: Any = object()


def pipeline(source: Iterable[Any], *stages: Callable[[Any], Any], workers: int = 1) -> Iterator[Any]:
    """Send each item of `source` through all stages, and give the results in the order of the items."""
    belts = [Belt(capacity=workers) for _ in range(len(stages) + 1)]
    line = [Stage(stage, belts[number], belts[number + 1]) for number, stage in enumerate(stages)]
    threads = [Thread(target=feed, args=(source, belts[0]), name="source")]
    for number, stage in enumerate(line, start=1):
        threads += [Thread(target=stage.work, name=f"stage {number}") for _ in range(workers)]
    for thread in threads:
        thread.start()
    try:
        while (place := belts[-1].get()) is not END:
            yield place.result()
    finally:
        for belt in belts:
            belt.stop()
        for thread in threads:
            thread.join()


class Stopped(Exception):
    """Nobody wants any more: raised in whoever waits at a belt."""


class Belt(Queue[Any]):
    def __init__(self, capacity: int) -> None:
        super().__init__(maxsize=capacity)
        self._stopped = Event()

    def put(self, place: Any) -> None:  # type: ignore[override]
        if self._stopped.is_set():
            raise Stopped
        super().put(place)

    def get(self) -> Any:  # type: ignore[override]
        if self._stopped.is_set():
            raise Stopped
        return super().get()

    def stop(self) -> None:
        self._stopped.set()
        try:
            while True:
                super().get(block=False)
        except Empty:
            super().put(END)  # for one that waits for an item


def feed(source: Iterable[Any], belt: Belt) -> None:
    with contextlib.suppress(Stopped):
        try:
            for item in source:
                belt.put(filled(item))
        except Stopped:
            raise
        except Exception as error:
            belt.put(failed(error))
        belt.put(END)


class Stage:
    """One function, called by several workers, that keeps the order all the same."""

    def __init__(self, function: Callable[[Any], Any], inbox: Belt, outbox: Belt) -> None:
        self._function = function
        self._inbox = inbox
        self._outbox = outbox
        self._turn = Lock()
        self._over = False

    def work(self) -> None:
        with contextlib.suppress(Stopped):
            while (job := self._take()) is not None:
                given, made = job
                try:
                    result = self._function(given.result())
                except Exception as error:
                    made.set_exception(error)
                else:
                    made.set_result(result)

    def _take(self) -> tuple[Place[Any], Place[Any]] | None:
        """Take an item and put the place of its result into the line: one piece, so the order stays."""
        with self._turn:
            if self._over:
                return None
            given = self._inbox.get()
            if given is END:
                self._over = True
                self._outbox.put(END)
                return None
            made: Place[Any] = Place()
            self._outbox.put(made)
            return given, made


def filled(item: Any) -> Place[Any]:
    place: Place[Any] = Place()
    place.set_result(item)
    return place


def failed(error: BaseException) -> Place[Any]:
    place: Place[Any] = Place()
    place.set_exception(error)
    return place
