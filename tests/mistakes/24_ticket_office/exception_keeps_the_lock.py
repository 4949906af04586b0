"""An exception between acquire and release: the lock is never given back.

expect: stalled
test: test_the_lock_is_given_back_when*
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
    lock.acquire()
    seats = read(path)
    if seats > 0:
        replace(path, seats - 1)
    lock.release()
    return seats > 0


def buy_all(path, lock, sold):
    while buy(path, lock):
        with sold.get_lock():
            sold.value += 1


def sell_out(path, buyers):
    lock, sold = Lock(), Value("i", 0)
    processes = [Process(target=buy_all, args=(path, lock, sold)) for _ in range(buyers)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    return sold.value
