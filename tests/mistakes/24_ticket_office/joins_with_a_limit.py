"""Waits two seconds for each buyer, then counts what has been sold so far.

expect: failure, leaked-process
test: test_buyers_and_the_lock*
"""

import json
import os
from multiprocessing import Lock, Process, Value


def buy(path, lock):
    with lock:
        return sell(path)


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
        process.join(2)
    return sold.value
