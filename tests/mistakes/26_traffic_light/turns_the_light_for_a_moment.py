"""Each car turns the light red while it crosses, and green again.

expect: failure
test: test_the_light_is_as*
"""

from __future__ import annotations

from collections.abc import Sequence
from multiprocessing import Process, SimpleQueue
from multiprocessing.synchronize import Event


def drive(cars: Sequence[str], light: Event) -> list[str]:
    """Let each car cross as soon as the light is green, and return their names in the order of crossing."""
    # A SimpleQueue writes in `put` itself: what it brings is in the order of crossing. A Queue has
    # a thread in each process that writes later.
    crossed: SimpleQueue[str] = SimpleQueue()
    processes = [Process(target=cross, args=(car, light, crossed), name=car) for car in cars]
    for process in processes:
        process.start()
    order = [crossed.get() for _ in processes]
    for process in processes:
        process.join()
    crossed.close()
    return order


def cross(car: str, light: Event, crossed: SimpleQueue[str]) -> None:
    while not light.wait():
        pass  # it was green, and red again before this car was awake: back to sleep
    light.clear()
    crossed.put(car)
    light.set()
