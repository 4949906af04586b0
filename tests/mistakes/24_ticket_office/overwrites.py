"""Overwrites the text, and then cuts off what is left of the old one.

expect: failure
test: test_nobody_ever*
"""

import json
import os
from multiprocessing import Lock, Process, Value


def read(path):
    with open(path) as file:
        return json.load(file)["seats"]


def replace(path, seats):
    with open(path, "r+") as file:
        file.write(json.dumps({"seats": seats}))
        file.truncate()


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
    for process in processes:
        process.join()
    return sold.value
