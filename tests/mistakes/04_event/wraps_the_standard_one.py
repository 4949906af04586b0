"""Hides the event of the standard library inside.

expect: failure
test: test_it_is_not_built_on*
"""

from __future__ import annotations

import threading


class Event:
    def __init__(self) -> None:
        self._event = threading.Event()
        self.set, self.clear = self._event.set, self._event.clear
        self.is_set, self.wait = self._event.is_set, self._event.wait
