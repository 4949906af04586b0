"""What is special about a kata's tests: a time limit of their own, a stub that may not import, and the same start."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from pytest_sensei.dojo.katas import Kata, kata_of
from pytest_sensei.dojo.trouble import import_trouble
from pytest_sensei.explore.kept import Kept
from pytest_sensei.hooks import hinting

if TYPE_CHECKING:
    from collections.abc import Generator

TIME_LIMIT = 10  # seconds; far above what any right answer needs
EXPLORED_TIME_LIMIT = 60  # an exploration ends by its own budget; the limit is for one that cannot


_KATA = pytest.StashKey[Kata | None]()


def kata_of_item(item: pytest.Item) -> Kata | None:
    """Give the kata that a test belongs to; looked up once. Raises KataError when its hints.toml is broken."""
    if _KATA not in item.stash:
        item.stash[_KATA] = kata_of(item.path)
    return item.stash[_KATA]


class Katas:
    """Gives kata tests their defaults, and says shortly why a kata cannot be collected."""

    def __init__(self, config: pytest.Config) -> None:
        hinting.check(config)
        self._kept: dict[str, Kept] = {}  # as they were imported, by the names of the modules

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        """Let each test find the learner's module as it was imported: what is made once is made in each test."""
        kata = kata_of_item(item)
        module = sys.modules.get(kata.module) if kata is not None else None
        if module is None:
            return
        kept = self._kept.get(module.__name__)
        if kept is None:
            self._kept[module.__name__] = Kept([module])
        else:
            kept.restore()

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        for item in items:
            if kata_of_item(item) is not None and item.get_closest_marker("timeout") is None:
                explored = item.get_closest_marker("interleave") is not None
                item.add_marker(pytest.mark.timeout(EXPLORED_TIME_LIMIT if explored else TIME_LIMIT))

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_make_collect_report(
        self, collector: pytest.Collector
    ) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
        kata = kata_of(collector.path) if isinstance(collector, pytest.Module) else None
        try:
            report = yield
        except SystemExit as error:  # a stub that is a program, and calls sys.exit() when it is imported
            if kata is None:
                raise
            return pytest.CollectReport(collector.nodeid, "failed", import_trouble(kata, error), [])
        call = getattr(report, "call", None)
        if kata is not None and report.failed and call is not None and call.excinfo is not None:
            report.longrepr = import_trouble(kata, call.excinfo)
        return report
