"""Kata 11: move money between accounts while others do the same."""

from __future__ import annotations


class InsufficientFunds(Exception):
    """The source has less than the amount."""


class Account:
    """An account with a `balance` that anybody may read."""

    def __init__(self, balance: int) -> None:
        # TODO: what else does an account need, so that only one transfer at a time changes it?
        self.balance = balance


def transfer(source: Account, target: Account, amount: int) -> None:
    """Take `amount` from `source` and give it to `target`, both or neither.

    Raises `InsufficientFunds`, and changes nothing, when the source has less than that.
    Transfers may run at the same time, in any direction, also from an account to itself.
    """
    raise NotImplementedError("TODO: move the money")
