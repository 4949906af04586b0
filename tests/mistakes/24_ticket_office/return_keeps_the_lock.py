"""Returns between acquire and release when nothing is left.

expect: failure
test: test_the_lock_is_given_back
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
    try:
        seats = read(path)
    except Exception:
        lock.release()
        raise
    if seats == 0:
        return False
    replace(path, seats - 1)
    lock.release()
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
