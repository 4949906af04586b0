"""Functions that stand in for built-in ones, and are no more of a method than these are."""

from __future__ import annotations

import types
from typing import Any


class _StandIn(staticmethod):  # type: ignore[type-arg]
    """A function in the place of a built-in one.

    A built-in function that is an attribute of a class is called without the object, and is pickled by its name. A
    static method is the one kind of callable in Python for which the first holds, and costs no frame.
    """

    def __repr__(self) -> str:
        return f"<built-in function {self.__name__}>"

    def __reduce__(self) -> str:
        return self.__name__


def stand_in(owner: types.ModuleType, name: str, function: Any) -> Any:
    """Return what to put behind a module's name, as much of a method as what is there."""
    original = getattr(owner, name)
    if not isinstance(original, types.BuiltinFunctionType):
        return function
    made = _StandIn(function)
    made.__module__ = owner.__name__  # by which pickle finds it
    made.__name__ = made.__qualname__ = name
    made.__doc__ = original.__doc__
    return made
