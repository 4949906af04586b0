"""One lock for the whole bank: slow, simple, right."""

from __future__ import annotations

import threading

_bank = threading.Lock()


class InsufficientFunds(ValueError):
    pass


class Account:
    def __init__(self, balance: int) -> None:
        self.balance = balance


def transfer(source: Account, target: Account, amount: int) -> None:
    with _bank:
        if source.balance < amount:
            raise InsufficientFunds(f"{amount} asked for, {source.balance} there")
        source.balance -= amount
        target.balance += amount
