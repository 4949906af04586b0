"""Locks in the order of the arguments; that no run has hung so far is luck.

expect: lock-order, deadlock-cycle
test: test_both_directions_take*
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
    with source.lock:
        with target.lock:
            if source.balance < amount:
                raise InsufficientFunds
            source.balance -= amount
            target.balance += amount
