"""Waits for room for half a minute, and puts the item anyway.

expect: failure, race, spinning
test: test_a_reader_may_take*
"""

from __future__ import annotations

import contextlib
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from threading import Condition, Lock, Thread
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


class Belt:
    """A bounded queue that can be stopped; `queue.Queue` would leave a blocked `put` blocked."""

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._places: deque[Any] = deque()
        self._stopped = False
        self._moved = Condition()

    def put(self, place: Any) -> None:
        with self._moved:
            self._moved.wait_for(lambda: self._stopped or len(self._places) < self._capacity, timeout=1)
            if self._stopped:
                raise Stopped
            self._places.append(place)
            self._moved.notify_all()

    def get(self) -> Any:
        with self._moved:
            self._moved.wait_for(lambda: self._stopped or self._places)
            if self._stopped:
                raise Stopped
            place = self._places.popleft()
            self._moved.notify_all()
            return place

    def stop(self) -> None:
        with self._moved:
            self._stopped = True
            self._moved.notify_all()


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
