"""A Queue, whose thread each car joins as soon as it has crossed."""

import multiprocessing as mp


def _cross(light, queue, car):
    while not light.wait():
        pass
    queue.put(car)
    queue.close()
    queue.join_thread()


def drive(cars, light):
    queue = mp.Queue()
    processes = [mp.Process(target=_cross, args=(light, queue, car)) for car in cars]
    for process in processes:
        process.start()
    names = [queue.get() for _ in processes]
    for process in processes:
        process.join()
    queue.close()
    queue.join_thread()
    return names
