"""Ordered by id; the transfer to oneself is treated apart."""

from __future__ import annotations

import threading


class InsufficientFunds(Exception):
    pass


class Account:
    def __init__(self, balance: int) -> None:
        self.balance = balance
        self.lock = threading.Lock()


def transfer(source: Account, target: Account, amount: int) -> None:
    if source is target:
        with source.lock:
            if source.balance < amount:
                raise InsufficientFunds
        return
    first, second = (source, target) if id(source) < id(target) else (target, source)
    with first.lock, second.lock:
        if source.balance < amount:
            raise InsufficientFunds
        source.balance -= amount
        target.balance += amount
