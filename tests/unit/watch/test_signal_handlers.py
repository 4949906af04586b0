"""Which handlers of signals may wake somebody, so that a standstill is no proof while they are installed."""

from __future__ import annotations

import functools
import signal
from typing import TYPE_CHECKING, Any

import pytest
from pytest_sensei.watch import ledger

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

needs_timers = pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="the system has no such timers")


def of_module(module: str) -> Any:
    def handler(*_arguments: Any) -> None:
        """Do nothing."""

    handler.__module__ = module
    return handler


@pytest.mark.parametrize("module", ["test_it", "signals", "my.asyncio", "coverage_of_mine"])
def test_a_handler_of_the_users_may_do_anything(module: str) -> None:
    assert ledger.is_user_handler(of_module(module))
    assert ledger.is_user_handler(functools.partial(of_module(module), "with more"))


@pytest.mark.parametrize(
    "module", ["pytest_timeout", "asyncio.runners", "coverage.control", "_pytest.faulthandler"]
)
def test_a_handler_that_only_interrupts_or_ends_wakes_nobody(module: str) -> None:
    assert not ledger.is_user_handler(of_module(module))
    assert not ledger.is_user_handler(functools.partial(of_module(module), "with more"))


@pytest.mark.parametrize("handler", [signal.SIG_DFL, signal.SIG_IGN, signal.default_int_handler, None])
def test_what_the_system_does_wakes_nobody(handler: Any) -> None:
    assert not ledger.is_user_handler(handler)


@pytest.fixture
def alarm() -> Iterator[Callable[[Any], None]]:
    before, timer = signal.getsignal(signal.SIGALRM), signal.getitimer(signal.ITIMER_REAL)

    def pending(handler: Any) -> None:
        signal.signal(signal.SIGALRM, handler)
        signal.setitimer(signal.ITIMER_REAL, 1000)

    yield pending
    signal.setitimer(signal.ITIMER_REAL, 0)
    signal.signal(signal.SIGALRM, before)
    signal.setitimer(signal.ITIMER_REAL, *timer)


@needs_timers
@pytest.mark.parametrize("handler", [signal.SIG_DFL, of_module("asyncio.runners")])
def test_a_pending_alarm_ends_a_wait_whoever_hears_it(alarm: Callable[[Any], None], handler: Any) -> None:
    alarm(handler)
    assert ledger.has_signal_handlers()


@needs_timers
@pytest.mark.parametrize("handler", [signal.SIG_IGN, of_module("pytest_timeout")])
def test_an_alarm_that_is_ignored_or_the_time_limit_wakes_nobody(
    alarm: Callable[[Any], None], handler: Any
) -> None:
    alarm(handler)
    assert not ledger.has_pending_alarm()
