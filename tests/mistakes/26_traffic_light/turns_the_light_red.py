"""Each car turns the light red when it crosses.

expect: failure, stalled
test: test_the_light_is_as*
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
    order = [crossed.get() for _ in processes]
    for process in processes:
        process.join()
    crossed.close()
    return order


def cross(car: str, light: Any, crossed: Any) -> None:
    while not light.wait():
        pass
    light.clear()
    crossed.put(car)
