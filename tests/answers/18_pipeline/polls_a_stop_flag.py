"""Numbered items through queue.Queue, sorted at the end; whoever waits looks at a stop flag now and then."""

from __future__ import annotations

import contextlib
import queue
import threading
from collections.abc import Callable, Iterable, Iterator
from typing import Any

END = object()


class Failure:
    def __init__(self, error: BaseException) -> None:
        self.error = error


class Line:
    def __init__(self) -> None:
        self.stop = threading.Event()

    def put(self, q: queue.Queue[Any], item: Any) -> bool:
        while not self.stop.is_set():
            with contextlib.suppress(queue.Full):
                q.put(item, timeout=0.05)
                return True
        return False

    def get(self, q: queue.Queue[Any]) -> Any:
        while not self.stop.is_set():
            with contextlib.suppress(queue.Empty):
                return q.get(timeout=0.05)
        return END

    def feed(self, source: Iterable[Any], out: queue.Queue[Any]) -> None:
        count = 0
        try:
            for count, item in enumerate(source, start=1):
                if not self.put(out, (count - 1, item)):
                    return
        except Exception as error:
            self.put(out, (count, Failure(error)))
        self.put(out, END)

    def work(self, stage: Callable[[Any], Any], inbox: queue.Queue[Any], out: queue.Queue[Any]) -> None:
        while (numbered := self.get(inbox)) is not END:
            number, item = numbered
            if not isinstance(item, Failure):
                try:
                    item = stage(item)
                except Exception as error:
                    item = Failure(error)
            self.put(out, (number, item))
        self.put(inbox, END)  # for the others of this stage


def pipeline(source: Iterable[Any], *stages: Callable[[Any], Any], workers: int = 1) -> Iterator[Any]:
    line = Line()
    queues: list[queue.Queue[Any]] = [queue.Queue(maxsize=workers + 1) for _ in range(len(stages) + 1)]
    threads = [threading.Thread(target=line.feed, args=(source, queues[0]))]
    for number, stage in enumerate(stages):
        team = [
            threading.Thread(target=line.work, args=(stage, queues[number], queues[number + 1]))
            for _ in range(workers)
        ]
        threads += [*team, threading.Thread(target=_end_after, args=(line, team, queues[number + 1]))]
    for thread in threads:
        thread.start()
    waiting: dict[int, Any] = {}
    turn = 0
    try:
        while (numbered := line.get(queues[-1])) is not END:
            waiting[numbered[0]] = numbered[1]
            while turn in waiting:
                item = waiting.pop(turn)
                if isinstance(item, Failure):
                    raise item.error
                yield item
                turn += 1
    finally:
        line.stop.set()
        for thread in threads:
            thread.join()


def _end_after(line: Line, team: list[threading.Thread], out: queue.Queue[Any]) -> None:
    for worker in team:
        worker.join()
    line.put(out, END)
