"""What transfers promise. Marked tests run in every order in which the threads can take turns."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from threading import Thread

import pytest
from transfer import Account, InsufficientFunds, transfer


def together(**jobs: Callable[[], object]) -> None:
    """Run each job in a thread of that name, all at once, and wait for them."""
    threads = [Thread(target=job, name=name) for name, job in jobs.items()]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


# One thread alone


def test_money_goes_from_the_source_to_the_target() -> None:
    mine, yours = Account(100), Account(20)
    transfer(mine, yours, 30)
    assert (mine.balance, yours.balance) == (70, 50)


def test_everything_may_be_spent() -> None:
    mine, yours = Account(100), Account(0)
    transfer(mine, yours, 100)
    assert (mine.balance, yours.balance) == (0, 100)


def test_a_transfer_without_funds_changes_nothing() -> None:
    mine, yours = Account(100), Account(20)
    with pytest.raises(InsufficientFunds):
        transfer(mine, yours, 101)
    assert (mine.balance, yours.balance) == (100, 20)


def test_a_refused_transfer_does_not_block_the_next_one() -> None:
    mine, yours = Account(100), Account(20)
    with pytest.raises(InsufficientFunds):
        transfer(mine, yours, 101)
    transfer(mine, yours, 1)
    transfer(yours, mine, 21)
    assert (mine.balance, yours.balance) == (120, 0)


@pytest.mark.interleave
def test_a_refused_transfer_does_not_block_another_thread() -> None:
    mine, yours = Account(100), Account(20)
    with pytest.raises(InsufficientFunds):
        transfer(mine, yours, 101)
    together(ann=lambda: transfer(yours, mine, 20))
    assert (mine.balance, yours.balance) == (120, 0)


def test_a_transfer_to_oneself_changes_nothing() -> None:
    mine = Account(100)
    transfer(mine, mine, 40)
    assert mine.balance == 100


# Money is neither made nor lost


@pytest.mark.interleave
def test_two_transfers_in_one_direction_are_both_done() -> None:
    mine, yours = Account(100), Account(100)
    together(
        ann=lambda: transfer(mine, yours, 10),
        bob=lambda: transfer(mine, yours, 20),
    )
    assert (mine.balance, yours.balance) == (70, 130)


@pytest.mark.interleave
def test_two_transfers_to_one_target_are_both_done() -> None:
    mine, hers, ours = Account(100), Account(100), Account(0)
    together(
        ann=lambda: transfer(mine, ours, 10),
        bob=lambda: transfer(hers, ours, 20),
    )
    assert (mine.balance, hers.balance, ours.balance) == (90, 80, 30)


@pytest.mark.interleave
def test_two_transfers_from_one_source_are_both_done() -> None:
    ours, mine, hers = Account(100), Account(0), Account(0)
    together(
        ann=lambda: transfer(ours, mine, 10),
        bob=lambda: transfer(ours, hers, 20),
    )
    assert (ours.balance, mine.balance, hers.balance) == (70, 10, 20)


@pytest.mark.interleave
def test_a_transfer_to_oneself_loses_nobody_elses_money() -> None:
    mine, yours = Account(100), Account(100)
    together(
        ann=lambda: transfer(mine, mine, 40),
        bob=lambda: transfer(yours, mine, 20),
    )
    assert (mine.balance, yours.balance) == (120, 80)


@pytest.mark.interleave
def test_the_same_money_is_not_spent_twice() -> None:
    mine, shop, bank = Account(100), Account(0), Account(0)
    refused = []

    def pay(target: Account) -> None:
        try:
            transfer(mine, target, 60)
        except InsufficientFunds:
            refused.append(target)

    together(
        ann=lambda: pay(shop),
        bob=lambda: pay(bank),
    )
    assert len(refused) == 1
    assert mine.balance == 40
    assert shop.balance + bank.balance == 60


@pytest.mark.interleave
def test_a_refused_transfer_disturbs_no_other_one() -> None:
    mine, shop, bank = Account(100), Account(0), Account(0)

    def pay_too_much() -> None:
        with pytest.raises(InsufficientFunds):
            transfer(mine, shop, 101)

    together(
        ann=pay_too_much,
        bob=lambda: transfer(mine, bank, 60),  # there is enough for this, whatever ann tries
    )
    assert (mine.balance, shop.balance, bank.balance) == (40, 0, 60)


@pytest.mark.interleave
def test_who_reads_both_balances_between_two_transfers_sees_all_the_money() -> None:
    mine, yours, shop = Account(100), Account(0), Account(0)

    def move() -> None:
        with contextlib.suppress(InsufficientFunds):
            transfer(mine, yours, 100)

    def pay_and_look() -> None:
        try:
            transfer(mine, shop, 100)
        except InsufficientFunds:
            # the other transfer took the money first, so it is over, and nothing else is going on
            assert mine.balance + yours.balance == 100

    together(mover=move, reader=pay_and_look)
    assert mine.balance + yours.balance + shop.balance == 100


@pytest.mark.interleave
def test_money_on_its_way_is_never_nowhere() -> None:
    mine, yours, shop = Account(100), Account(0), Account(0)

    def move() -> None:
        with contextlib.suppress(InsufficientFunds):
            transfer(mine, yours, 100)

    def pay() -> None:
        try:
            transfer(mine, shop, 100)
        except InsufficientFunds:
            transfer(yours, shop, 100)  # not here, so it is there

    together(mover=move, payer=pay)
    assert (mine.balance, yours.balance, shop.balance) == (0, 0, 100)


# Nobody waits for ever


@pytest.mark.interleave
def test_transfers_in_both_directions_never_deadlock() -> None:
    mine, yours = Account(100), Account(100)
    together(
        ann=lambda: transfer(mine, yours, 30),
        bob=lambda: transfer(yours, mine, 10),
    )
    assert (mine.balance, yours.balance) == (80, 120)


@pytest.mark.interleave
def test_both_directions_never_deadlock_when_one_account_is_richer() -> None:
    poor, rich = Account(10), Account(100)
    together(
        ann=lambda: transfer(rich, poor, 95),  # now the other one is
        bob=lambda: transfer(poor, rich, 5),
    )
    assert (poor.balance, rich.balance) == (100, 10)


@pytest.mark.interleave
def test_transfers_in_a_circle_never_deadlock() -> None:
    mine, yours, hers = Account(100), Account(100), Account(100)
    together(
        ann=lambda: transfer(mine, yours, 1),
        bob=lambda: transfer(yours, hers, 2),
        cat=lambda: transfer(hers, mine, 3),
    )
    assert (mine.balance, yours.balance, hers.balance) == (102, 99, 99)


def test_both_directions_take_the_locks_in_one_order() -> None:
    # One free run, which gets through on most days. Opposite orders are noticed all the same.
    mine, yours = Account(100), Account(100)
    together(
        ann=lambda: transfer(mine, yours, 30),
        bob=lambda: transfer(yours, mine, 10),
    )
    assert (mine.balance, yours.balance) == (80, 120)
