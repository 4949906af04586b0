"""The caller waits for green, and starts the cars then: they would not see a red that comes in between.

expect: stalled, failure
test: test_without_cars_nobody_looks_at_the_light
"""

from __future__ import annotations

from collections.abc import Sequence
from multiprocessing import Process, SimpleQueue
from typing import Any


def drive(cars: Sequence[str], light: Any) -> list[str]:
    crossed: SimpleQueue[str] = SimpleQueue()
    processes = [Process(target=cross, args=(car, light, crossed)) for car in cars]
    light.wait()
    for process in processes:
        process.start()
    order = [crossed.get() for _ in processes]
    for process in processes:
        process.join()
    crossed.close()
    return order


def cross(car: str, light: Any, crossed: Any) -> None:
    crossed.put(car)
