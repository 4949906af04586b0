"""Returns the number as exit code, which has room for 255.

expect: failure
test: test_each_seat*
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


def buy_all(path, lock):
    sold = 0
    while buy(path, lock):
        sold += 1
    os._exit(sold & 255)


def sell_out(path, buyers):
    lock = Lock()
    processes = [Process(target=buy_all, args=(path, lock)) for _ in range(buyers)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    return sum(process.exitcode for process in processes)
