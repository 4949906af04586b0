"""Takes under one lock, gives under the other: in between the money is nowhere.

expect: race
test: test_who_reads*
"""

from threading import Lock


class InsufficientFunds(Exception):
    pass


class Account:
    def __init__(self, balance):
        self.balance = balance
        self.lock = Lock()


def transfer(source, target, amount):
    with source.lock:
        if source.balance < amount:
            raise InsufficientFunds
        source.balance -= amount
    with target.lock:
        target.balance += amount
