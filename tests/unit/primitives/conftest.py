"""Our primitives in place for a test, beside whatever watches this suite itself."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest
from pytest_sensei.primitives import patching, runtime

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

LIMIT = 20  # seconds; only a broken primitive comes near it


class Watching:
    """Slices every wait, and notes what it is told."""

    def __init__(self) -> None:
        me = runtime.current_strand()
        self.strangers = [each for each in runtime.strands.values() if each is not me]  # the test runner's
        self.slice = 0.001
        self.looks: list[runtime.Strand] = []
        self.orders: list[tuple[object, list[object], object]] = []
        self.passed: list[tuple[runtime.Strand, runtime.Strand]] = []
        self.at_look: Callable[[runtime.Strand], None] = lambda strand: None

    def slice_for(self, wait: runtime.Waiting) -> float:
        return self.slice

    def look(self, strand: runtime.Strand) -> None:
        self.looks.append(strand)
        self.at_look(strand)
        runtime.raise_pending(strand)

    def ordered(self, strand: runtime.Strand, lock: object, code: object, lasti: int) -> None:
        if strand not in self.strangers:
            self.orders.append((strand, list(strand), lock))

    def passed_on(self, giver: runtime.Strand, taker: runtime.Strand) -> None:
        self.passed.append((giver, taker))

    def thread_failed(self, thread: object, error: BaseException) -> bool:
        return False

    def moved_on(self, wait: runtime.Waiting) -> None: ...


@pytest.fixture(autouse=True)
def _installed() -> Iterator[None]:
    """Have our primitives, and nobody behind them."""
    before = runtime.watcher
    with patching.installation():
        runtime.watch_with(None)
        try:
            yield
        finally:
            runtime.watch_with(before)


@pytest.fixture
def watching() -> Watching:
    """Put a watcher behind the primitives."""
    watcher = Watching()
    runtime.watch_with(watcher)
    return watcher


@pytest.fixture
def elsewhere() -> Iterator[Callable[[Callable[[], object]], threading.Thread]]:
    """Run something in a thread of its own, to its end."""
    started: list[threading.Thread] = []

    def run(work: Callable[[], object]) -> threading.Thread:
        thread = threading.Thread(target=work)
        started.append(thread)
        thread.start()
        thread.join(LIMIT)
        assert not thread.is_alive()
        return thread

    yield run
    for thread in started:
        thread.join(LIMIT)
