"""Workers get the block itself, and write their part into a slot of their own behind the numbers."""

import struct
from multiprocessing import Process
from multiprocessing.shared_memory import SharedMemory


def work(block, start, stop, slot):
    total = 0.0
    for place in range(start, stop):
        (number,) = struct.unpack_from("d", block.buf, 8 * place)
        total += number
    struct.pack_into("d", block.buf, 8 * slot, total)
    block.close()


def parallel_sum(array, workers):
    count = len(array)
    block = SharedMemory(create=True, size=8 * (count + workers))
    try:
        struct.pack_into(f"{count + workers}d", block.buf, 0, *array, *[0.0] * workers)
        processes = []
        for number in range(workers):
            bounds = (number * count // workers, (number + 1) * count // workers)
            processes.append(Process(target=work, args=(block, *bounds, count + number)))
        for process in processes:
            process.start()
        for process in processes:
            process.join()
        return sum(struct.unpack_from(f"{workers}d", block.buf, 8 * count), 0.0)
    finally:
        block.close()
        block.unlink()
