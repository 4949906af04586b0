"""Protects the account it takes from, and forgets the one it gives to.

expect: race
test: test_two_transfers_to_one_target*
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
        target.balance += amount
