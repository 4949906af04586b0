"""Kata 29: what another process sends through a pipe, until it is at the end."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def collect(producer: Callable[..., object], *args: Any) -> list[Any]:
    """Run `producer(connection, *args)` in a child process, and return all that it sends.

    The child can send through the connection, not receive. All has come when the
    pipe ends: no other sign is needed. When the producer raises, its exception is
    raised here; when it is killed, `RuntimeError`. No end of a pipe stays open.
    """
    # TODO: a pipe, a process, and who closes which end, and when?
    raise NotImplementedError("TODO: collect what the producer sends")
