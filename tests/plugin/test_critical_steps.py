"""What comes in the middle of taking a lock, or of giving it back, does not leave it locked."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Project

POLLING = """
import threading
import pytest

@pytest.fixture
def lock():
    lock = threading.{kind}()
    yield lock
    assert lock.acquire(False), "it was left locked"
    lock.release()

@pytest.mark.parametrize("number", range(5))
@pytest.mark.timeout(0.1)
def test_it(lock, number):
    while True:
        with lock:
            if not number:
                continue
"""


@pytest.mark.skipif(not hasattr(signal, "SIGALRM"), reason="pytest-timeout needs an alarm to come in between")
@pytest.mark.parametrize("kind", ["Lock", "RLock", "Condition"])
def test_a_time_limit_does_not_come_in_between(project: Project, kind: str) -> None:
    run = project.run(POLLING.replace("{kind}", kind))
    run.result.assert_outcomes(failed=5, errors=0)
    assert set(run.kinds) == {"timeout"}


TOO_DEEP = """
import threading

def test_it():
    outer, inner = threading.Lock(), threading.{kind}()
    def go_down():
        with inner:
            pass
        go_down()
    with outer:
        try:
            go_down()
        except RecursionError:
            pass
    free = []
    other = threading.Thread(target=lambda: free.append((outer.acquire(False), inner.acquire(False))))
    other.start()
    other.join()
    assert free == [(True, True)]
"""


@pytest.mark.parametrize("kind", ["Lock", "RLock"])
def test_a_second_lock_is_free_when_there_was_no_room_left_to_enter_it(project: Project, kind: str) -> None:
    run = project.run(TOO_DEEP.replace("{kind}", kind))
    run.result.assert_outcomes(passed=1)
