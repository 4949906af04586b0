"""A process of a class of its own: it knows what to do, and where to put what comes of it."""

from __future__ import annotations

from collections.abc import Iterable
from multiprocessing import Process
from multiprocessing.queues import Queue


class Squarer(Process):
    """Puts the square of each number into `results`: one item for each, in their order, nothing else."""

    def __init__(self, numbers: Iterable[int], results: Queue[int]) -> None:
        super().__init__()
        # A spawned process gets a copy of this object, by pickling. A list can be copied; a generator cannot.
        self._numbers = list(numbers)
        self._results = results

    def run(self) -> None:
        for number in self._numbers:
            # Put, not kept: this is the child's copy of self, and the parent will never see it again.
            self._results.put(number * number)
