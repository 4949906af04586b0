"""Orders the locks, and takes the same one twice when source and target are one.

expect: self-deadlock
test: test_a_transfer_to_oneself*
"""

from threading import Lock


class InsufficientFunds(Exception):
    pass


class Account:
    def __init__(self, balance):
        self.balance = balance
        self.lock = Lock()


def transfer(source, target, amount):
    first, second = sorted((source, target), key=id)
    with first.lock, second.lock:
        if source.balance < amount:
            raise InsufficientFunds
        source.balance -= amount
        target.balance += amount
