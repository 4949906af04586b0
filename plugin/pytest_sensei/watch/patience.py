"""Patience before anybody is accused: looks in growing pauses, up to a limit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_sensei.primitives import runtime

if TYPE_CHECKING:
    from collections.abc import Iterator

FIRST_PAUSE = 50e-6  # seconds; doubled after each look
LONGEST_PAUSE = 0.1


def looks(limit: float) -> Iterator[None]:
    """Yield for each look: at once, and after growing pauses until so many seconds have passed."""
    deadline, pause = runtime.monotonic() + limit, FIRST_PAUSE
    yield
    while runtime.monotonic() < deadline:
        runtime.real_sleep(pause)
        pause = min(pause * 2, LONGEST_PAUSE)
        yield
