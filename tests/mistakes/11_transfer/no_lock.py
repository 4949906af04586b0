"""No lock at all: it is only two lines.

expect: race
test: test_two_transfers*
"""


class InsufficientFunds(Exception):
    pass


class Account:
    def __init__(self, balance):
        self.balance = balance


def transfer(source, target, amount):
    if source.balance < amount:
        raise InsufficientFunds
    source.balance -= amount
    target.balance += amount
