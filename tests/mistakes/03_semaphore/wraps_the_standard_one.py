"""Hides the semaphore of the standard library inside.

expect: failure
test: test_it_is_not_built_on_the_one_of_the_standard_library
"""

from __future__ import annotations

import threading


class Semaphore(threading.Semaphore):
    @property
    def value(self) -> int:
        return self._value
