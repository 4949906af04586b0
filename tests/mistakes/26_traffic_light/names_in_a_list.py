"""Each car appends its name to a list: to its own copy.

expect: failure
test: test_a_car_crosses_when_the_light_is_green
"""

from __future__ import annotations

from collections.abc import Sequence
from multiprocessing import Process
from typing import Any


def drive(cars: Sequence[str], light: Any) -> list[str]:
    crossed: list[str] = []
    processes = [Process(target=cross, args=(car, light, crossed)) for car in cars]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    return crossed


def cross(car: str, light: Any, crossed: Any) -> None:
    while not light.wait():
        pass
    crossed.append(car)
