"""Futures of an executor, and a manager's lock, which can be sent to it; the path as a string."""

import json
import os
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import Manager


def buy(path, lock):
    with lock, open(path, encoding="utf-8") as file:
        seats = json.load(file)["seats"]
        if seats:
            temporary = path + ".tmp"
            with open(temporary, "w", encoding="utf-8") as new:
                json.dump({"seats": seats - 1}, new)
            os.replace(temporary, path)
        return seats > 0


def buy_all(path, lock):
    return sum(iter(lambda: buy(path, lock), False))


def sell_out(path, buyers):
    with Manager() as manager, ProcessPoolExecutor(buyers) as executor:
        lock = manager.Lock()
        futures = [executor.submit(buy_all, path, lock) for _ in range(buyers)]
        return sum(future.result() for future in futures)
