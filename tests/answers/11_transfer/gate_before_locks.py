"""A gate is held while the two locks are taken in the order of the arguments: no circle can form."""

from __future__ import annotations

import threading
from contextlib import ExitStack

_gate = threading.Lock()


class InsufficientFunds(Exception):
    pass


class Account:
    def __init__(self, balance: int) -> None:
        self.balance = balance
        self.lock = threading.Lock()


def transfer(source: Account, target: Account, amount: int) -> None:
    with ExitStack() as held:
        with _gate:
            held.enter_context(source.lock)
            if target is not source:
                held.enter_context(target.lock)
        if source.balance < amount:
            raise InsufficientFunds
        source.balance, target.balance = source.balance - amount, target.balance + amount
        if source is target:
            source.balance -= amount
