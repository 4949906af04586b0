"""Has the signal of pytest-timeout come between two steps of the test's, and not in the middle of one of a lock."""

from __future__ import annotations

import signal
import threading
from typing import TYPE_CHECKING

import pytest

from pytest_sensei.primitives import critical

if TYPE_CHECKING:
    from collections.abc import Generator


@pytest.hookimpl(optionalhook=True, wrapper=True)
def pytest_timeout_set_timer() -> Generator[None, object, object]:
    """Wrap the handler that pytest-timeout has just set, where it uses a signal."""
    result = yield
    if hasattr(signal, "SIGALRM") and threading.current_thread() is threading.main_thread():
        handler = signal.getsignal(signal.SIGALRM)
        if callable(handler) and getattr(handler, "__module__", "") == "pytest_timeout":
            signal.signal(signal.SIGALRM, critical.put_off(handler))
    return result
