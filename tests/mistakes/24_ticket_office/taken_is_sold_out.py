"""Takes a lock that others have for the news that nothing is left.

expect: failure
test: test_a_lock_that_others*
"""

import json
import os
from multiprocessing import Lock, Process, Value


def buy(path, lock):
    if not lock.acquire(block=False):
        return False
    try:
        return sell(path)
    finally:
        lock.release()


def sell(path):
    with open(path) as file:
        seats = json.load(file)["seats"]
    if seats == 0:
        return False
    with open(f"{path}.new", "w") as file:
        json.dump({"seats": seats - 1}, file)
    os.replace(f"{path}.new", path)
    return True


def buy_all(path, lock, sold):
    mine = 0
    while buy(path, lock):
        mine += 1
    with sold.get_lock():
        sold.value += mine


def sell_out(path, buyers):
    lock, sold = Lock(), Value("i", 0)
    processes = [Process(target=buy_all, args=(path, lock, sold)) for _ in range(buyers)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    return sold.value
