"""Calls the function instead of handing it over: the caller waits at the light.

expect: stalled, lost-exception, failure
test: test_cars_wait_until_the_light_is_green
"""

from __future__ import annotations

from collections.abc import Sequence
from multiprocessing import Process, SimpleQueue
from typing import Any


def drive(cars: Sequence[str], light: Any) -> list[str]:
    crossed: SimpleQueue[str] = SimpleQueue()
    processes = [Process(target=cross(car, light, crossed)) for car in cars]
    for process in processes:
        process.start()
    order = [crossed.get() for _ in processes]
    for process in processes:
        process.join()
    crossed.close()
    return order


def cross(car: str, light: Any, crossed: Any) -> None:
    while not light.wait():
        pass
    crossed.put(car)
