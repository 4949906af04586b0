"""A pool whose workers get the lock when they are started; a temporary file, written down to the disk."""

import json
import multiprocessing
import os
import tempfile


def buy(path, lock):
    lock.acquire()
    try:
        with open(path) as f:
            n = json.load(f)["seats"]
        if n < 1:
            return False
        fd, name = tempfile.mkstemp(dir=os.path.dirname(path))
        with os.fdopen(fd, "w") as f:
            json.dump({"seats": n - 1}, f)
            f.flush()
            os.fsync(f.fileno())
        os.rename(name, path)
    finally:
        lock.release()
    return True


def _init(lock):
    global LOCK  # noqa: PLW0603 - a pool's initializer has no other way
    LOCK = lock


def _customer(path):
    bought = 0
    while buy(path, LOCK):
        bought += 1
    return bought


def sell_out(path, buyers):
    with multiprocessing.Pool(buyers, _init, (multiprocessing.Lock(),)) as pool:
        counts = pool.map(_customer, [path] * buyers, chunksize=1)
        pool.close()
        pool.join()
    return sum(counts)
