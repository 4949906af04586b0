"""Takes the money first, and gives it back a moment later when it was too much: others find less than there is.

expect: race
test: test_a_refused_transfer_disturbs*
"""

import threading


class InsufficientFunds(Exception):
    pass


class Account:
    def __init__(self, balance):
        self.balance = balance
        self.lock = threading.Lock()


def transfer(source, target, amount):
    if source is target:
        return
    a, b = sorted((source, target), key=id)
    with a.lock, b.lock:
        source.balance -= amount
        bad = source.balance < 0
        if not bad:
            target.balance += amount
    if bad:
        with source.lock:
            source.balance += amount
        raise InsufficientFunds
