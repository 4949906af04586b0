"""Waits for the factory for half a minute, and calls it once more.

expect: failure, race
test: test_the_factory_is_waited_for*
"""

from __future__ import annotations

from threading import Condition, get_ident


class Once:
    def __init__(self, factory) -> None:
        self._factory = factory
        self._changed = Condition()
        self._maker: int | None = None
        self._made = False
        self._object = None

    def get(self):
        with self._changed:
            if self._maker == get_ident():
                raise RuntimeError("the factory asked for the object that it is making")
            self._changed.wait_for(lambda: self._maker is None, timeout=30)
            if self._made:
                return self._object
            self._maker = get_ident()
        try:
            made = self._factory()
        except BaseException:
            self._over()
            raise
        self._over(made)
        return made

    def _over(self, *made: object) -> None:
        with self._changed:
            self._maker = None
            if made:
                (self._object,), self._made = made, True
            self._changed.notify_all()
