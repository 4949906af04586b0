"""Has the signal of pytest-timeout come between two steps of the test's, and not in the middle of one of a lock.

What the tasks of an event loop wait for is taken down at that moment: the loop is closed on the way out.
"""

from __future__ import annotations

import functools
import signal
import threading
from typing import TYPE_CHECKING, Any

import pytest

from pytest_sensei.primitives import critical
from pytest_sensei.primitives.selecting import running_loop
from pytest_sensei.watch import event_loops

if TYPE_CHECKING:
    from collections.abc import Generator
    from types import FrameType

    from pytest_sensei.primitives.critical import Handler

TASKS = pytest.StashKey[str]()
"""Where the tasks of the main thread's event loop waited when the time was up; empty when it ran none."""


@pytest.hookimpl(optionalhook=True, wrapper=True)
def pytest_timeout_set_timer(item: pytest.Item) -> Generator[None, object, object]:
    """Wrap the handler that pytest-timeout has just set, where it uses a signal."""
    item.stash[TASKS] = ""
    result = yield
    if hasattr(signal, "SIGALRM") and threading.current_thread() is threading.main_thread():
        handler = signal.getsignal(signal.SIGALRM)
        if callable(handler) and getattr(handler, "__module__", "") == "pytest_timeout":
            signal.signal(signal.SIGALRM, critical.put_off(_taking_down_tasks(handler, item)))
    return result


def _taking_down_tasks(handler: Handler, item: pytest.Item) -> Handler:
    @functools.wraps(handler)
    def with_tasks(number: int, frame: FrameType | None) -> Any:
        __tracebackhide__ = True
        loop = running_loop()
        if event_loops.is_event_loop(loop):
            item.stash[TASKS] = event_loops.state(loop, str(item.config.rootpath)) or "no task"
        return handler(number, frame)

    return with_tasks
