"""Sells tickets: many processes, one file with the number of free seats, and a lock."""

from __future__ import annotations

from multiprocessing.synchronize import Lock
from pathlib import Path


def buy(path: str | Path, lock: Lock) -> bool:
    """Take one seat, and tell whether there was one. The file at `path` holds {"seats": n}, as JSON.

    Nobody who reads the file at any moment, not even without the lock, sees it half written.
    """
    # TODO: what has to happen under the lock? And how does a file change as a whole?
    raise NotImplementedError("buy is still to be written")


def sell_out(path: str | Path, buyers: int) -> int:
    """Let so many processes buy, all at once, until no seat is left; return how many were sold."""
    # TODO: one lock, the processes, and a way for them to tell what they have bought
    raise NotImplementedError("sell_out is still to be written")
