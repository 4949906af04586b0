"""One process drives all the cars.

expect: stalled
test: test_cars_wait*
"""

from __future__ import annotations

from collections.abc import Sequence
from multiprocessing import Process, SimpleQueue
from typing import Any


def drive(cars: Sequence[str], light: Any) -> list[str]:
    crossed: SimpleQueue[str] = SimpleQueue()
    processes = [Process(target=cross_all, args=(cars, light, crossed))]
    for process in processes:
        process.start()
    order = [crossed.get() for _ in cars]
    for process in processes:
        process.join()
    crossed.close()
    return order


def cross_all(cars: Sequence[str], light: Any, crossed: Any) -> None:
    for car in cars:
        cross(car, light, crossed)


def cross(car: str, light: Any, crossed: Any) -> None:
    while not light.wait():
        pass
    crossed.put(car)
