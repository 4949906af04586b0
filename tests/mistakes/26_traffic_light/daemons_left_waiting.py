"""Makes the cars daemons, and returns when the first one has crossed.

expect: leaked-process, zombie, failure
test: test_a_car_crosses_when_the_light_is_green
"""

from __future__ import annotations

from collections.abc import Sequence
from multiprocessing import Process, SimpleQueue
from typing import Any


def drive(cars: Sequence[str], light: Any) -> list[str]:
    crossed: SimpleQueue[str] = SimpleQueue()
    processes = [Process(target=cross, args=(car, light, crossed), daemon=True) for car in cars]
    for process in processes:
        process.start()
    order = [crossed.get()]
    crossed.close()
    return order


def cross(car: str, light: Any, crossed: Any) -> None:
    while not light.wait():
        pass
    crossed.put(car)
