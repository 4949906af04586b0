"""One lock for all, made at the first call: two threads that come at once make two.

expect: race
test: test_two_transfers_in_one_direction*
"""

import threading


class InsufficientFunds(Exception):
    pass


_lock = None


def _get_lock():
    global _lock
    if _lock is None:
        _lock = threading.Lock()
    return _lock


class Account:
    def __init__(self, balance):
        self.balance = balance


def transfer(source, target, amount):
    with _get_lock():
        if source.balance < amount:
            raise InsufficientFunds
        source.balance -= amount
        target.balance += amount
