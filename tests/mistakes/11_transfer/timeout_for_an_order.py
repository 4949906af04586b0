"""Gives up after a second without the second lock, and calls that a lack of funds.

expect: race
test: test_*never_deadlock*
"""

import threading


class InsufficientFunds(Exception):
    pass


class Account:
    def __init__(self, balance):
        self.balance = balance
        self.lock = threading.Lock()


def transfer(source, target, amount):
    if source is target:
        return
    with source.lock:
        if not target.lock.acquire(timeout=1):
            raise InsufficientFunds
        try:
            if source.balance < amount:
                raise InsufficientFunds
            source.balance -= amount
            target.balance += amount
        finally:
            target.lock.release()
