"""Which handlers of signals may wake somebody, so that a standstill is no proof while they are installed."""

from __future__ import annotations

import functools
import signal
from typing import Any

import pytest
from pytest_sensei.watch import ledger


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
