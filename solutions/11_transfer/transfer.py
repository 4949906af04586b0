"""Move money between accounts while others do the same."""

from __future__ import annotations

import itertools
import threading
from contextlib import ExitStack

_numbers = itertools.count(1)


class InsufficientFunds(Exception):
    """The source has less than the amount."""


class Account:
    """An account with a `balance` that anybody may read."""

    def __init__(self, balance: int) -> None:
        self.balance = balance
        self._number = next(_numbers)  # one step, so two accounts never get the same
        self._lock = threading.Lock()


def transfer(source: Account, target: Account, amount: int) -> None:
    """Take `amount` from `source` and give it to `target`, both or neither."""
    with ExitStack() as locks:
        # By number, never by argument: a circle of waiting needs somebody who holds a higher number and
        # waits for a lower one. The set holds an account once when it is both source and target.
        for account in sorted({source, target}, key=_by_number):
            locks.enter_context(account._lock)  # noqa: SLF001 - the two halves of one thing
        if source.balance < amount:
            raise InsufficientFunds
        source.balance -= amount
        target.balance += amount


def _by_number(account: Account) -> int:
    return account._number  # noqa: SLF001
