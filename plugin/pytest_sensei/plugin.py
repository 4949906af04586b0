"""The pytest plugin: options, and which hooks are registered when. Wiring only."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pytest_sensei import settings
from pytest_sensei.dojo import answers, broker_fixtures, journal_plugin, limits
from pytest_sensei.explore import pytest_explore
from pytest_sensei.hooks import attaching, katas, left_open, pages, reports, time_limits, watched
from pytest_sensei.primitives import patching

if TYPE_CHECKING:
    from collections.abc import Generator

_MARKERS = (
    'sensei(deadlocks=..., leaks=..., races=...): "error", "warn" or "off" for findings of that group',
    pytest_explore.MARKER,
)


def pytest_addoption(parser: pytest.Parser) -> None:
    settings.add_options(parser)
    answers.add_options(parser)
    reports.add_options(parser)
    pages.add_options(parser)
    pytest_explore.add_options(parser)


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests() -> None:
    """Stand behind the primitives before any code of the user's is imported."""
    patching.install()


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    for marker in _MARKERS:
        config.addinivalue_line("markers", marker)
    answers.configure(config)
    register = config.pluginmanager.register
    openings = left_open.LeftOpen(str(config.rootpath), settings.grace(config))
    register(openings, "sensei-left-open")
    register(watched.WatchedTests(config, openings), "sensei-watched")
    register(attaching.Found(), "sensei-found")
    register(katas.Katas(config), "sensei-katas")
    register(pytest_explore.Explored(config), "sensei-explored")
    register(broker_fixtures, "sensei-brokers")
    register(limits, "sensei-limits")
    register(time_limits, "sensei-time-limits")
    journal_plugin.register(config)
    if not hasattr(config, "workerinput"):
        teller = reports.Teller(config)
        register(teller, "sensei-teller")
        register(pages.Pages(config, teller), "sensei-pages")


@pytest.hookimpl(wrapper=True)
def pytest_unconfigure(config: pytest.Config) -> Generator[None, None, None]:
    try:
        yield
    finally:
        answers.unconfigure(config)
        if patching.installed():
            patching.uninstall()
