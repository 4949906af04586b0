"""Exploration in pytest: the marker and the options, and which tests are called under control."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING

import pytest
from _pytest.unittest import TestCaseFunction

if TYPE_CHECKING:
    from pytest_sensei.explore.calling import Calls

MARKER = (
    "interleave(max_schedules=..., max_seconds=..., max_steps=..., preemptions=..., strategy=..., "
    "timeouts=...): run the test in every interleaving of its threads"
)


def add_options(parser: pytest.Parser) -> None:
    """Declare the options and the ini key of exploration."""
    group = parser.getgroup("sensei", "concurrency (sensei)")
    group.addoption(
        "--interleave", action="store_true", help="run each test in every interleaving of its threads"
    )
    group.addoption(
        "--sensei-replay", metavar="TOKEN", help="run one interleaving of the selected test again"
    )
    parser.addini(
        "sensei_instrument",
        "packages whose attribute and item accesses are schedule points, besides test modules",
        type="args",
        default=[],
    )


class Explored:
    """Runs the marked tests under control."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._everything = bool(config.getoption("--interleave") or config.getoption("--sensei-replay"))
        self._calls: Calls | None = None

    @pytest.hookimpl
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        """Refuse the marker where it would have no effect: a test that is not explored must not look so."""
        if item.get_closest_marker("interleave") is not None and not _can_be_explored(item):
            raise pytest.UsageError(
                f"{item.nodeid}: @pytest.mark.interleave explores plain test functions and methods only, "
                "not coroutines and not methods of unittest.TestCase"
            )

    @pytest.hookimpl(tryfirst=True)
    def pytest_pyfunc_call(self, pyfuncitem: pytest.Function) -> bool | None:
        """Explore a test instead of just calling it."""
        __tracebackhide__ = True
        if not self._wants(pyfuncitem):
            return None
        if self._calls is None:
            # Loaded when it is needed: most runs explore nothing, and should not pay for it at their start.
            from pytest_sensei.explore.calling import Calls

            self._calls = Calls(self._config)
        self._calls.explore(pyfuncitem)
        return True

    def _wants(self, item: pytest.Function) -> bool:
        wanted = self._everything or item.get_closest_marker("interleave") is not None
        return wanted and _can_be_explored(item)


def _can_be_explored(item: pytest.Item) -> bool:
    if not isinstance(item, pytest.Function) or isinstance(item, TestCaseFunction):
        return False
    return not (inspect.iscoroutinefunction(item.obj) or inspect.isasyncgenfunction(item.obj))
