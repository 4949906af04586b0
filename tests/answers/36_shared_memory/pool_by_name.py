"""A pool; each job gets the block's name and its range, and returns its part."""

import array as arrays
from multiprocessing import Pool, shared_memory


def part(job):
    name, start, stop = job
    memory = shared_memory.SharedMemory(name)
    view = memory.buf.cast("d")
    mine = view[start:stop]
    try:
        return sum(mine)
    finally:
        mine.release()
        view.release()
        memory.close()


def parallel_sum(array, workers):
    numbers = arrays.array("d", array)
    if not numbers:
        return 0.0
    memory = shared_memory.SharedMemory(create=True, size=numbers.itemsize * len(numbers))
    try:
        memory.buf[: numbers.itemsize * len(numbers)] = numbers.tobytes()
        step = -(-len(numbers) // workers)
        jobs = [(memory.name, n, min(n + step, len(numbers))) for n in range(0, len(numbers), step)]
        with Pool(workers) as pool:
            parts = pool.map(part, jobs)
            pool.close()
            pool.join()
        return float(sum(parts))
    finally:
        memory.close()
        memory.unlink()
