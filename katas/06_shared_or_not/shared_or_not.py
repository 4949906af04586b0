"""Counts in two ways how many jobs return something true: in threads, and in processes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

found = 0  # of whom? Try it: one of the two functions can use it, the other cannot


def count_in_threads(jobs: list[Callable[[], Any]]) -> int:
    """Run the jobs in threads, and return how many of them returned something true."""
    # TODO: threads share this module's globals: with what danger?
    raise NotImplementedError("count_in_threads is still to be written")


def count_in_processes(jobs: list[Callable[[], Any]]) -> int:
    """Run the jobs in other processes, and return how many of them returned something true."""
    # TODO: a process has a copy of this module's globals: how does its number come back?
    raise NotImplementedError("count_in_processes is still to be written")
