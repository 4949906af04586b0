"""Lets each buyer buy one seat only.

expect: failure
test: test_all_seats*
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


def buy_one(path, lock, sold):
    if buy(path, lock):
        with sold.get_lock():
            sold.value += 1


def sell_out(path, buyers):
    lock, sold = Lock(), Value("i", 0)
    processes = [Process(target=buy_one, args=(path, lock, sold)) for _ in range(buyers)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    return sold.value
