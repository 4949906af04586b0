"""Keeps the balances in variables: a transfer to oneself makes money.

expect: failure
test: test_a_transfer_to_oneself_changes_nothing
"""

from threading import Lock


bank = Lock()


class InsufficientFunds(Exception):
    pass


class Account:
    def __init__(self, balance):
        self.balance = balance


def transfer(source, target, amount):
    if source.balance < amount:
        raise InsufficientFunds
    with bank:
        taken = source.balance - amount
        given = target.balance + amount
        if taken < 0:
            raise InsufficientFunds
        source.balance = taken
        target.balance = given
