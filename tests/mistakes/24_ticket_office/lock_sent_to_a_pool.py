"""Sends the lock to the processes of a pool, which are there already.

expect: failure
test: test_all_seats*
"""

import json
import os
from multiprocessing import Lock, Pool


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


def buy_all(path, lock):
    mine = 0
    while buy(path, lock):
        mine += 1
    return mine


def sell_out(path, buyers):
    lock = Lock()
    pool = Pool(buyers)
    try:
        return sum(pool.starmap(buy_all, [(path, lock)] * buyers))
    finally:
        pool.close()
        pool.join()
