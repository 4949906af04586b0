"""Kata 28: a queue that knows which of its orders have been dealt with."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any


def process_orders(orders: Sequence[Any], workers: int, handle: Callable[[Any], object]) -> None:
    """Call `handle(order)` for each order, in so many worker processes, and return when all is done.

    When `handle` has raised for some orders, the others are handled, all the same;
    then the exception of the first of these, in the order of `orders`, is raised.
    """
    # TODO: a JoinableQueue, and workers that say of each order when they are done with it
    # TODO: how do the workers end? And how does the caller learn of an exception?
    raise NotImplementedError("TODO: handle the orders")
