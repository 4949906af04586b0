"""A queue of numbers for each worker, dealt out in turn; only as many workers as there are numbers."""

from __future__ import annotations

from multiprocessing import Process, Queue, SimpleQueue


def work(share: SimpleQueue, results: Queue) -> None:
    for number in iter(share.get, ("end",)):
        results.put((number[0], squared(number[1])))


def squared(number):
    try:
        return number * number
    except Exception as error:
        return Failed(error)


class Failed:
    def __init__(self, error: Exception) -> None:
        self.error = error


def square_all(numbers, workers=2):
    if workers < 1:
        raise ValueError("no workers, no squares")
    workers = min(workers, len(numbers))
    results = Queue()
    shares = [SimpleQueue() for _ in range(workers)]
    processes = [Process(target=work, args=(share, results)) for share in shares]
    for process in processes:
        process.start()
    for place, number in enumerate(numbers):
        shares[place % workers].put((place, number))
    for share in shares:
        share.put(("end",))
    by_place = {}
    while len(by_place) < len(numbers):
        place, square = results.get()
        by_place[place] = square
    for process, share in zip(processes, shares, strict=True):
        process.join()
        process.close()
        share.close()
    results.close()
    squares = [by_place[place] for place in sorted(by_place)]
    for square in squares:
        if isinstance(square, Failed):
            raise square.error
    return squares
