"""Each attempt is an event that its followers wait for; after a failed one they look again."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any


class Attempt:
    def __init__(self) -> None:
        self.maker = threading.get_ident()
        self.over = threading.Event()
        self.made: list[Any] = []


class Once:
    def __init__(self, factory: Callable[[], Any]) -> None:
        self._factory = factory
        self._guard = threading.Lock()
        self._attempt: Attempt | None = None

    def get(self) -> Any:
        while True:
            attempt, mine = self._join_attempt()
            if mine:
                return self._make(attempt)
            if attempt.maker == threading.get_ident() and not attempt.over.is_set():
                raise RuntimeError("the factory asked for what it is making")
            attempt.over.wait()
            if attempt.made:
                return attempt.made[0]

    def _join_attempt(self) -> tuple[Attempt, bool]:
        with self._guard:
            mine = self._attempt is None
            if self._attempt is None:
                self._attempt = Attempt()
            return self._attempt, mine

    def _make(self, attempt: Attempt) -> Any:
        try:
            attempt.made.append(self._factory())
        except BaseException:
            with self._guard:
                self._attempt = None
            raise
        finally:
            attempt.over.set()
        return attempt.made[0]
