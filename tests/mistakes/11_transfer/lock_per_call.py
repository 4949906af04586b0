"""Every transfer makes its own lock and meets nobody.

expect: race
test: test_two_transfers*
"""

from threading import Lock


class InsufficientFunds(Exception):
    pass


class Account:
    def __init__(self, balance):
        self.balance = balance


def transfer(source, target, amount):
    with Lock():
        if source.balance < amount:
            raise InsufficientFunds
        source.balance -= amount
        target.balance += amount
