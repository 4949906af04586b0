"""Checks the balance before it takes the locks: two who looked together both pay.

expect: race
test: test_the_same_money*
"""

from threading import Lock


class InsufficientFunds(Exception):
    pass


class Account:
    def __init__(self, balance):
        self.balance = balance
        self.lock = Lock()


def transfer(source, target, amount):
    if source.balance < amount:
        raise InsufficientFunds
    if source is target:
        return
    first, second = sorted((source, target), key=id)
    with first.lock, second.lock:
        source.balance -= amount
        target.balance += amount
