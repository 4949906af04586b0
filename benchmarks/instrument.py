"""What the announcement of an access costs, in nanoseconds above the plain access.

usage: python benchmarks/instrument.py

Each kernel runs native, then with its code swapped and an observer that does nothing, then native again after
the swap: the last shows what instrumentation leaves behind.
"""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING

from pytest_sensei.explore.swap import instrumented

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

    from pytest_sensei.explore.access import Access

ROUNDS = 50_000
REPEATS = 7


class Idle:
    """Hears of everything and does nothing."""

    def access(self, obj: object, field: Hashable, kind: Access, value: object) -> None:
        """Do nothing."""


class Account:
    def __init__(self) -> None:
        self.balance = 0

    def touch(self) -> None:
        """Do nothing: calling it looks up a method."""


class Slotted:
    __slots__ = ("value",)

    def __init__(self) -> None:
        self.value = 0


counter = 0


def read_attribute(account: Account) -> None:
    for _ in range(ROUNDS):
        account.balance  # noqa: B018


def read_slot(account: Account) -> None:
    slotted = Slotted()
    for _ in range(ROUNDS):
        slotted.value  # noqa: B018


def write_attribute(account: Account) -> None:
    for _ in range(ROUNDS):
        account.balance = 1


def augment_attribute(account: Account) -> None:
    for _ in range(ROUNDS):
        account.balance += 1


def call_method(account: Account) -> None:
    for _ in range(ROUNDS):
        account.touch()


def read_item(account: Account) -> None:
    totals = {"a": 1}
    for _ in range(ROUNDS):
        totals["a"]


def write_item(account: Account) -> None:
    totals = {"a": 1}
    for _ in range(ROUNDS):
        totals["a"] = 2


def append(account: Account) -> None:
    history: list[int] = []
    for _ in range(ROUNDS):
        history.append(1)  # noqa: PERF401  (the call is what is measured)


def read_global(account: Account) -> None:
    for _ in range(ROUNDS):
        counter  # noqa: B018


def augment_global(account: Account) -> None:
    global counter  # noqa: PLW0603  (likewise)
    for _ in range(ROUNDS):
        counter += 1


def augment_nonlocal(account: Account) -> None:
    count = 0

    def increment() -> None:
        nonlocal count
        for _ in range(ROUNDS):
            count += 1

    increment()


def test_truth(account: Account) -> None:
    history = [1]
    for _ in range(ROUNDS):
        if history:
            pass


def iterate(account: Account) -> None:
    history = [1] * ROUNDS
    for _ in history:
        pass


def plain_arithmetic(account: Account) -> None:
    total = 0
    for number in range(ROUNDS):
        total = total * 3 % 7 + number


KERNELS: list[tuple[Callable[[Account], None], int]] = [
    (read_attribute, 1),
    (read_slot, 1),
    (write_attribute, 1),
    (augment_attribute, 2),
    (call_method, 1),
    (read_item, 1),
    (write_item, 1),
    (append, 1),
    (read_global, 1),
    (augment_global, 2),
    (augment_nonlocal, 2),
    (test_truth, 1),
    (iterate, 1),
    (plain_arithmetic, 1),
]


def nanoseconds(kernel: Callable[[Account], None]) -> float:
    """Return the best CPU time of one round."""
    best = float("inf")
    for _ in range(REPEATS):
        account = Account()
        start = time.process_time()
        kernel(account)
        best = min(best, time.process_time() - start)
    return best * 1e9 / ROUNDS


def main() -> None:
    module = sys.modules[__name__]
    native = {kernel: nanoseconds(kernel) for kernel, _ in KERNELS}
    start = time.perf_counter()
    with instrumented([module], Idle()) as coverage:
        swapped = time.perf_counter() - start
        announced = {kernel: nanoseconds(kernel) for kernel, _ in KERNELS}
    restored = {kernel: nanoseconds(kernel) for kernel, _ in KERNELS}
    print(
        f"Python {sys.version.split()[0]}; {coverage.functions} functions swapped in {swapped * 1e3:.1f} ms"
    )
    print(f"{'kernel':20} {'native':>8} {'announced':>10} {'ratio':>6} {'ns/access':>10} {'restored':>9}")
    for kernel, accesses in KERNELS:
        extra = (announced[kernel] - native[kernel]) / accesses
        print(
            f"{kernel.__name__:20} {native[kernel]:8.0f} {announced[kernel]:10.0f} "
            f"{announced[kernel] / native[kernel]:6.1f} {extra:10.0f} {restored[kernel]:9.0f}"
        )


if __name__ == "__main__":
    main()
