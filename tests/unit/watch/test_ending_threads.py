"""Threads that are ended: at once, but not in the middle of starting a process."""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING

import pytest
from pytest_sensei.primitives import locks, runtime
from pytest_sensei.primitives.patching import installation
from pytest_sensei.watch import leaks

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PATIENCE = 5.0  # seconds


@pytest.fixture(autouse=True)
def installed() -> Iterator[None]:
    with installation():
        yield


def started(work: Callable[[], object]) -> threading.Thread:
    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    return thread


def test_a_thread_that_starts_a_process_is_ended_when_it_has() -> None:
    begun, go_on, done = locks.raw_lock(), locks.raw_lock(), []
    begun.acquire()
    go_on.acquire()

    def work() -> None:
        with runtime.undivided():
            begun.release()
            go_on.acquire()
            done.append("whole")
        while True:
            pass

    thread = started(work)
    begun.acquire()
    leaks.end([thread], 0.05)
    assert thread.is_alive()
    go_on.release()
    assert leaks.end([thread], PATIENCE) == []
    assert done == ["whole"]


def test_what_is_pending_is_raised_after_it() -> None:
    strand = runtime.current_strand()
    strand.pending = leaks.Ended()
    with runtime.undivided():
        runtime.raise_pending(strand)
    with pytest.raises(leaks.Ended):
        runtime.raise_pending(strand)
    strand.doomed = False


def test_a_forked_child_is_in_no_step_of_its_parent() -> None:
    with runtime.undivided():
        pid = os.fork()
        if pid == 0:
            os._exit(runtime.current_strand().undivided)
    assert os.waitpid(pid, 0)[1] == 0
