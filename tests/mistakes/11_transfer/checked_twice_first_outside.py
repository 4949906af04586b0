"""A quick check without the locks sees the money on its way and refuses it everywhere.

expect: race
test: test_who_reads_both_balances_between_two_transfers_sees_all_the_money
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
        if source.balance < amount:
            raise InsufficientFunds
        source.balance -= amount
        target.balance += amount
