"""Looks at the light every few hundredths of a second.

expect: failure
test: test_cars_wait*
"""

from __future__ import annotations

from collections.abc import Sequence
from multiprocessing import Process, SimpleQueue
from time import sleep
from typing import Any


def drive(cars: Sequence[str], light: Any) -> list[str]:
    crossed: SimpleQueue[str] = SimpleQueue()
    processes = [Process(target=cross, args=(car, light, crossed)) for car in cars]
    for process in processes:
        process.start()
    order = [crossed.get() for _ in processes]
    for process in processes:
        process.join()
    crossed.close()
    return order


def cross(car: str, light: Any, crossed: Any) -> None:
    while not light.is_set():
        sleep(0.02)
    crossed.put(car)
