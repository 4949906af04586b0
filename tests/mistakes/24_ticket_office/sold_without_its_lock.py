"""Adds to the number of sold seats without its lock.

expect: failure
test: test_no_sale_is_forgotten*
"""

from __future__ import annotations

import json
import multiprocessing
from multiprocessing.sharedctypes import Synchronized
from multiprocessing.synchronize import Lock
from pathlib import Path


def buy(path: str | Path, lock: Lock) -> bool:
    """Take one seat, and tell whether there was one."""
    with lock:  # from the first look to the last byte: whoever reads under the lock sees what is true
        seats = json.loads(Path(path).read_text(encoding="utf-8"))["seats"]
        if seats == 0:
            return False
        _replace(path, json.dumps({"seats": seats - 1}))
        return True


def _replace(path: str | Path, text: str) -> None:
    """Write another file, and put it in the place of the old one in one piece, for whoever does not lock."""
    new = Path(f"{path}.new")  # in the same folder: a file cannot be moved to another disk in one piece
    new.write_text(text, encoding="utf-8")
    new.replace(path)


def sell_out(path: str | Path, buyers: int) -> int:
    """Let so many processes buy, all at once, until no seat is left; return how many were sold."""
    lock = multiprocessing.Lock()  # one for all: each buyer gets it from here
    sold = multiprocessing.Value("i", 0)
    processes = [multiprocessing.Process(target=_buy_all, args=(path, lock, sold)) for _ in range(buyers)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    return sold.value


def _buy_all(path: str | Path, lock: Lock, sold: Synchronized[int]) -> None:
    while buy(path, lock):
        sold.value += 1
