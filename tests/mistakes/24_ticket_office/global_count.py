"""Counts in a global, which each process has for itself.

expect: failure
test: test_all_seats*
"""

import json
import os
from multiprocessing import Lock, Process

SOLD = 0


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


def buy_all(path, lock):
    global SOLD
    while buy(path, lock):
        SOLD += 1


def sell_out(path, buyers):
    lock = Lock()
    processes = [Process(target=buy_all, args=(path, lock)) for _ in range(buyers)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    return SOLD
