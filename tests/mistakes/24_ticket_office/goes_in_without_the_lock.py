"""Waits for the lock for a second, then goes in whether or not it has it.

expect: failure
test: test_buyers_and_the_lock*
"""

import json
import os
from contextlib import suppress
from multiprocessing import Lock, Process, Value


def buy(path, lock):
    lock.acquire(timeout=1)
    try:
        return sell(path)
    finally:
        with suppress(ValueError):
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
