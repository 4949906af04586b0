"""Leaves by an exception and keeps both locks.

expect: self-deadlock, deadlock-cycle
test: test_a_refused*
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
    first.lock.acquire()
    if second is not first:
        second.lock.acquire()
    if source.balance < amount:
        raise InsufficientFunds
    source.balance -= amount
    target.balance += amount
    if second is not first:
        second.lock.release()
    first.lock.release()
