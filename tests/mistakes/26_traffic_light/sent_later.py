"""Puts the names into a Queue, whose thread sends them later, in any order.

expect: failure
test: test_names_come*
"""

from multiprocessing import Process, Queue


def drive(cars, light):
    crossed = Queue()
    processes = [Process(target=cross, args=(car, light, crossed)) for car in cars]
    for process in processes:
        process.start()
    order = [crossed.get() for _ in processes]
    for process in processes:
        process.join()
    crossed.close()
    crossed.join_thread()
    return order


def cross(car, light, crossed):
    while not light.wait():
        pass
    crossed.put(car)
