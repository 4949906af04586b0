"""Returns before the buyers have ended.

expect: leaked-process, zombie, failure
test: test_all_seats_are_sold
"""

import json
import os
from multiprocessing import Lock, Process, Value


def read(path):
    with open(path) as file:
        return json.load(file)["seats"]


def replace(path, seats):
    with open(f"{path}.new", "w") as file:
        json.dump({"seats": seats}, file)
    os.replace(f"{path}.new", path)


def buy(path, lock):
    with lock:
        seats = read(path)
        if seats == 0:
            return False
        replace(path, seats - 1)
        return True


def buy_all(path, lock, sold):
    while buy(path, lock):
        with sold.get_lock():
            sold.value += 1


def sell_out(path, buyers):
    lock, sold = Lock(), Value("i", 0)
    processes = [Process(target=buy_all, args=(path, lock, sold)) for _ in range(buyers)]
    for process in processes:
        process.start()
    return sold.value
