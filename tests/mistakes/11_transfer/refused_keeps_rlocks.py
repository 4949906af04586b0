"""Leaves by an exception with the RLocks held: only other threads notice.

expect: deadlock-cycle, abandoned-lock, stalled
test: test_a_refused_transfer_does_not_block_another_thread
"""

from threading import RLock


class InsufficientFunds(Exception):
    pass


class Account:
    def __init__(self, balance):
        self.balance = balance
        self.lock = RLock()


def transfer(source, target, amount):
    first, second = sorted((source, target), key=id)
    first.lock.acquire()
    second.lock.acquire()
    if source.balance < amount:
        raise InsufficientFunds
    source.balance -= amount
    target.balance += amount
    second.lock.release()
    first.lock.release()
