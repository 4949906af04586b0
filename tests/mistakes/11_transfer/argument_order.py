"""Takes the source's lock, then the target's: the two directions meet half-way.

expect: deadlock-cycle, lock-order
test: test_transfers_in_*
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
        return
    with source.lock, target.lock:
        if source.balance < amount:
            raise InsufficientFunds
        source.balance -= amount
        target.balance += amount
