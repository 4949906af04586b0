"""What is special about a kata's tests: a time limit of their own, and a stub that may not import."""

from __future__ import annotations

import pytest

from pytest_sensei.dojo.katas import kata_of

TIME_LIMIT = 10  # seconds; far above what any right answer needs


class Katas:
    """Gives kata tests their defaults."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        for item in items:
            if kata_of(item.path) is not None and item.get_closest_marker("timeout") is None:
                item.add_marker(pytest.mark.timeout(TIME_LIMIT))
