"""Writes what was found as one page: `--sensei-html=FILE`."""

from __future__ import annotations

import datetime as dt
import platform
import shlex
from typing import TYPE_CHECKING, Any

import pytest

from pytest_sensei.hints.catalogue import Level
from pytest_sensei.hooks.files import output_file, write_whole

if TYPE_CHECKING:
    from collections.abc import Generator

    from pytest_sensei.hooks.reports import Teller

_OUTCOMES = ("failed", "error", "passed", "skipped", "xfailed", "xpassed")


def add_options(parser: pytest.Parser) -> None:
    """Declare the option."""
    group = parser.getgroup("sensei")
    group.addoption("--sensei-html", metavar="FILE", help="write findings to FILE as one self-contained page")


class Pages:
    """Runs where the terminal is, after the last test."""

    def __init__(self, config: pytest.Config, teller: Teller) -> None:
        self._config = config
        self._teller = teller
        self._file = output_file(config, "--sensei-html")

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_sessionfinish(self) -> Generator[None, object, object]:
        result = yield
        if self._file is not None:
            from pytest_sensei.explain.html import render_page  # templates and all: only for who wants a page

            findings = self._teller.findings()
            if Level(self._config.getoption("--hints")) is Level.NONE:
                findings = [finding.with_hints(()) for finding in findings]
            write_whole(self._file, render_page(findings, self._meta()))
        return result

    def _meta(self) -> dict[str, str]:
        now = dt.datetime.now().astimezone()
        meta = {
            "Command": shlex.join(["pytest", *self._config.invocation_params.args]),
            "Date": now.isoformat(" ", "minutes"),
            "Python": f"{platform.python_version()} on {platform.system()}",
        }
        outcome = _outcome(self._config.pluginmanager.get_plugin("terminalreporter"))
        return meta | ({"Outcome": outcome} if outcome else {})


def _outcome(reporter: Any) -> str:
    counts = [(len(reporter.stats.get(name, ())), name) for name in _OUTCOMES] if reporter is not None else []
    return ", ".join(f"{count} {name}" for count, name in counts if count)
