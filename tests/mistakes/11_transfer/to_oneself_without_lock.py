"""Treats a transfer to oneself apart, and writes the balance without the lock.

expect: race
test: test_a_transfer_to_oneself_loses*
"""

from threading import Lock


class InsufficientFunds(Exception):
    pass


class Account:
    def __init__(self, balance):
        self.balance = balance
        self.lock = Lock()


def transfer(source, target, amount):
    if source is target:
        balance = source.balance
        if balance < amount:
            raise InsufficientFunds
        source.balance = balance - amount + amount
        return
    first, second = sorted((source, target), key=id)
    with first.lock, second.lock:
        if source.balance < amount:
            raise InsufficientFunds
        source.balance -= amount
        target.balance += amount
