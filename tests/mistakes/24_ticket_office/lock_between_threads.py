"""Takes a module's lock between threads: each process has a copy of its own.

expect: failure
test: test_what_others*
"""

import json
import os
import threading
from multiprocessing import Lock, Process, Value

THE_LOCK = threading.Lock()


def read(path):
    with open(path) as file:
        return json.load(file)["seats"]


def replace(path, seats):
    with open(f"{path}.new", "w") as file:
        json.dump({"seats": seats}, file)
    os.replace(f"{path}.new", path)


def buy(path, lock):
    with THE_LOCK:
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
