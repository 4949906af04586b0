"""A SimpleQueue, with a name and then an end mark from each car."""

from __future__ import annotations

import multiprocessing as mp
from functools import partial


def _cross(light, queue, *, car):
    while True:
        if light.wait():
            queue.put(("crossed", car))
            break
    queue.put(("home", car))


def drive(cars, light):
    queue = mp.SimpleQueue()
    processes = [mp.Process(target=partial(_cross, light, queue, car=car), daemon=True) for car in cars]
    for process in processes:
        process.start()
    names, home = [], 0
    while home < len(processes):
        what, car = queue.get()
        if what == "crossed":
            names.append(car)
        else:
            home += 1
    for process in processes:
        process.join()
    queue.close()
    return names
