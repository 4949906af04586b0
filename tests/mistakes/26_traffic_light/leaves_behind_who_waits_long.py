"""Waits a second for each car, then ends it, and returns who has crossed by then.

expect: failure
test: test_it_waits_for_as_long*
"""

from multiprocessing import Process, SimpleQueue


def drive(cars, light):
    crossed = SimpleQueue()
    processes = [Process(target=cross, args=(car, light, crossed)) for car in cars]
    for process in processes:
        process.start()
    for process in processes:
        process.join(1)
    order = []
    while not crossed.empty():
        order.append(crossed.get())
    for process in processes:
        process.kill()
        process.join()
    crossed.close()
    return order


def cross(car, light, crossed):
    while not light.wait():
        pass
    crossed.put(car)
