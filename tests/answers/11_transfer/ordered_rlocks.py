"""Re-entrant locks in the order of a number; a property instead of an attribute, and the methods lock too."""

from __future__ import annotations

import threading


class InsufficientFunds(Exception):
    pass


class Account:
    _last = 0
    _counting = threading.Lock()

    def __init__(self, balance: int) -> None:
        self._balance = balance
        self._lock = threading.RLock()
        with Account._counting:
            Account._last += 1
            self._number = Account._last

    @property
    def balance(self) -> int:
        with self._lock:
            return self._balance

    def withdraw(self, amount: int) -> None:
        with self._lock:
            if amount > self._balance:
                raise InsufficientFunds
            self._balance -= amount

    def deposit(self, amount: int) -> None:
        with self._lock:
            self._balance += amount

    def __lt__(self, other: Account) -> bool:
        return self._number < other._number


def transfer(source: Account, target: Account, amount: int) -> None:
    low, high = sorted([source, target])
    low._lock.acquire()
    try:
        high._lock.acquire()
        try:
            source.withdraw(amount)
            target.deposit(amount)
        finally:
            high._lock.release()
    finally:
        low._lock.release()
