"""A dataclass that is a process; compared by identity, since processes are kept in a set."""

import multiprocessing
from dataclasses import dataclass
from typing import Any


@dataclass(eq=False, repr=False)
class Squarer(multiprocessing.Process):
    numbers: Any
    results: Any

    def __post_init__(self):
        super().__init__(name="squarer")
        self.numbers = tuple(self.numbers)

    def run(self):
        for n in self.numbers:
            self.results.put(n**2)
