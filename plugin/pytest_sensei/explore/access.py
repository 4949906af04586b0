"""The vocabulary of instrumented code: what an access is, and who is told of it."""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING, Final, Protocol, final

if TYPE_CHECKING:
    from collections.abc import Hashable


class Access(enum.IntEnum):
    """What is about to be done to a field."""

    READ = 1
    WRITE = 2
    DELETE = 3


READ: Final = Access.READ
WRITE: Final = Access.WRITE
DELETE: Final = Access.DELETE


@final
class Marker:
    """A value that stands for something no program can hold; compared by identity."""

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name

    def __repr__(self) -> str:
        return self.name


NOVALUE: Final = Marker("NOVALUE")
"""There is no value, or nobody can know it without running code of the user's."""

ABSENT: Final = Marker("ABSENT")
"""There is nothing there: a key that is not in a dictionary, a variable that is not bound."""

ANY: Final = Marker("ANY")
"""The field of an operation on a whole container: it conflicts with each of the container's fields."""

ITEM: Final = "item"


class Observer(Protocol):
    """Whoever wants to know of each access to shared data.

    `access` is called on the accessing thread, right before the access: between its return and the
    access no other announcement is made by this thread. It may park the thread.

    ==========================  ====================================  =====================
    what is accessed            obj                                   field
    ==========================  ====================================  =====================
    an attribute or slot        the object that holds it              its (mangled) name
    a global, or `module.name`  the module's `__dict__`               its name
    a closure's variable        the cell                              its name
    an item of a container      the container                         `(ITEM, key)`
    a whole container           the container                         `ANY`
    ==========================  ====================================  =====================

    `value` is what will be written where the source has it, else `NOVALUE`. What a read will see,
    `peek(obj, field)` tells: ask it when the thread is allowed to go on.
    """

    def access(self, obj: object, field: Hashable, kind: Access, value: object) -> None:
        """Hear of an access that is about to happen."""
