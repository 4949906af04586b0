"""Kata 26: cars, each a process, that sleep until the light is green."""

from __future__ import annotations

from collections.abc import Sequence
from multiprocessing.synchronize import Event


def drive(cars: Sequence[str], light: Event) -> list[str]:
    """Let each car cross as soon as the light is green, and return their names in the order of crossing.

    Each car is a process. The light is green when the event is set; somebody else
    turns it. A car that has to wait sleeps, and none crosses on red. When this
    returns, all cars have crossed and all processes have ended.
    """
    # TODO: a process for each car, that waits for the light and tells when it crosses
    # TODO: the light may be red again before a car is awake. How does the car notice?
    raise NotImplementedError("TODO: drive")
