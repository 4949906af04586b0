"""A manager for shared memory removes its blocks at the end; parts come back by an executor."""

from concurrent.futures import ProcessPoolExecutor
from multiprocessing.managers import SharedMemoryManager
from multiprocessing.shared_memory import ShareableList


def part(name, number, workers):
    numbers = ShareableList(name=name)
    try:
        return sum(numbers[place] for place in range(number, len(numbers), workers))
    finally:
        numbers.shm.close()


def parallel_sum(array, workers):
    if len(array) == 0:
        return 0.0
    with SharedMemoryManager() as manager:
        numbers = manager.ShareableList([float(number) for number in array])
        with ProcessPoolExecutor(workers) as executor:
            futures = [executor.submit(part, numbers.shm.name, n, workers) for n in range(workers)]
        numbers.shm.close()
    return float(sum(future.result() for future in futures))
