"""Takes and gives first, checks afterwards, and forgets to give back to the target.

expect: failure
test: test_a_transfer_without_funds*
"""

from threading import Lock


bank = Lock()


class InsufficientFunds(Exception):
    pass


class Account:
    def __init__(self, balance):
        self.balance = balance


def transfer(source, target, amount):
    with bank:
        source.balance -= amount
        target.balance += amount
        if source.balance < 0:
            source.balance += amount
            raise InsufficientFunds
