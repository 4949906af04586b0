"""Takes None for the end of the line.

expect: failure
test: test_nothing_is_an_item*
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from queue import Queue
from threading import Thread
from typing import Any

END: Any = None


def pipeline(source: Iterable[Any], *stages: Callable[[Any], Any], workers: int = 1) -> Iterator[Any]:
    queues: list[Queue[Any]] = [Queue(maxsize=workers) for _ in range(len(stages) + 1)]

    def feed() -> None:
        for item in source:
            queues[0].put(item)
        queues[0].put(END)

    def work(stage: Callable[[Any], Any], inbox: Queue[Any], outbox: Queue[Any]) -> None:
        while (item := inbox.get()) is not END:
            outbox.put(stage(item))
        outbox.put(END)

    threads = [Thread(target=feed)]
    for number, stage in enumerate(stages):
        between = (stage, queues[number], queues[number + 1])
        threads += [Thread(target=work, args=between) for _ in range(workers)]
    for thread in threads:
        thread.start()
    while (result := queues[-1].get()) is not END:
        yield result
