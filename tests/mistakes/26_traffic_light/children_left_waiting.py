"""The caller returns at the first green, with those who have crossed; the others are left waiting.

expect: leaked-process, zombie
test: test_no_car_crosses*
"""

from __future__ import annotations

from collections.abc import Sequence
from multiprocessing import Process, SimpleQueue
from typing import Any


def drive(cars: Sequence[str], light: Any) -> list[str]:
    crossed: SimpleQueue[str] = SimpleQueue()
    processes = [Process(target=cross, args=(car, light, crossed)) for car in cars]
    for process in processes:
        process.start()
    light.wait()
    order = []
    while not crossed.empty():
        order.append(crossed.get())
    crossed.close()
    return order


def cross(car: str, light: Any, crossed: Any) -> None:
    while not light.wait():
        pass
    crossed.put(car)
