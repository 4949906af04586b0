"""Makes the object at once instead of at the first question.

expect: failure
test: test_the_factory_is_not_called_before*
"""

from __future__ import annotations

from collections.abc import Callable


class Once:
    def __init__(self, factory: Callable[[], object]) -> None:
        self._object = factory()

    def get(self) -> object:
        return self._object
