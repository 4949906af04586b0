"""What a step touches, as a reader calls it: `Counter.value`, `counts['a']`, `7 in seen`; each field by one name."""

from __future__ import annotations

import itertools
import types
import weakref
from collections.abc import Callable, Hashable
from typing import TYPE_CHECKING, NamedTuple

from pytest_sensei.explore.access import ANY
from pytest_sensei.explore.known_types import derives
from pytest_sensei.primitives.undisturbed import local_variables
from pytest_sensei.watch.naming import names_of_value

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

Key = tuple[int, Hashable]
"""An object by its identity, and which of its fields; `ANY`: the whole of a container."""

_LOOKS = 1000  # steps whose frames are searched for names
_ELEMENTS = 20  # of a list, that may name an object


class _Field(NamedTuple):
    """How a field is named, when all is known about the objects of its type."""

    type: str  # of the object whose attribute it is; empty: `owner` names it
    owner: str
    form: str  # with `{}` for the object
    kind: str  # what tells it from another of the same name


class Labels:
    """Names fields.

    An object goes by its type as long as no other of that type is met; then by what the code around calls
    it, where no two are called alike; else by a number.
    """

    def __init__(self, short: Callable[[object], str | None]) -> None:
        self._short = short
        self._alive: list[object] = []  # no other object must get the identity
        self._fields: dict[Key, _Field] = {}
        self._types: dict[str, list[int]] = {}
        self._known: set[int] = set()  # the objects whose attributes were touched
        self._spoken: dict[str, int] = {}  # which object is meant by a name of the code; 0: several
        self._looks = 0

    def note(self, obj: object, field: Hashable, frames: list[FrameType]) -> Key:
        """Take in that a field is touched. Returns what its name is asked with."""
        key = (id(obj), field)
        if key not in self._fields:
            self._alive.append(obj)
            self._fields[key] = self._described(obj, field, frames)
        if self._looks < _LOOKS:
            self._looks += 1
            self._listen(frames)
        return key

    def _listen(self, frames: list[FrameType]) -> None:
        """Learn what the code around calls the objects that we know."""
        for name, value in _plain_objects(frames):
            if id(value) in self._known:
                self._spoken[name] = id(value) if self._spoken.get(name, id(value)) == id(value) else 0

    def _described(self, obj: object, field: Hashable, frames: list[FrameType]) -> _Field:
        owner = obj() if type(obj) is weakref.ref else obj  # a generator
        if field is ANY or isinstance(field, tuple):
            kind = type(owner).__name__
            if field is ANY:
                return _Field("", next(iter(names_of_value(owner, frames))), "{}", kind)
            self.note(obj, ANY, frames)
            name = self._fields[id(obj), ANY].owner
            item = _literal(str(self._short(field[1])))  # type: ignore[index]
            return _Field("", name, f"{item} in {{}}" if derives(type(owner), set) else f"{{}}[{item}]", kind)
        text = _literal(str(field).lstrip())
        if type(owner) is types.CellType:
            return _Field("", "", text, "variable")
        if type(owner) is dict:
            return _Field(
                "", str(owner.get("__name__") or "globals").rpartition(".")[2], f"{{}}.{text}", "global"
            )
        if isinstance(owner, (type, types.CodeType)):  # of code: the cache of its function
            name = owner.__name__ if isinstance(owner, type) else owner.co_name
            return _Field("", name, f"{{}}.{text}", "class")
        if id(obj) not in self._known:
            self._known.add(id(obj))
            self._types.setdefault(type(owner).__name__, []).append(id(obj))
        return _Field(type(owner).__name__, "", f"{{}}.{text}", "attribute")

    def names(self) -> dict[Key, str]:
        """Return the names of all fields that were touched."""
        objects = self._objects()
        found: dict[str, Key] = {}
        for key, field in self._fields.items():
            plain = field.form.format(objects[key[0]] if field.type else field.owner)
            numbers = (f"{plain} ({number})" for number in itertools.count(2))
            names = itertools.chain((plain, f"{plain} ({field.kind})"), numbers)
            found[next(name for name in names if name not in found)] = key
        return {key: name for name, key in found.items()}

    def _objects(self) -> dict[int, str]:
        """Return the names of the objects whose attributes were touched."""
        spoken: dict[int, str] = {}
        for name, which in self._spoken.items():
            if which and len(name) < len(spoken.get(which, name + " ")):
                spoken[which] = name
        found = {}
        for kind, ids in self._types.items():
            if len(ids) > 1 and all(each in spoken for each in ids):
                found.update({each: spoken[each] for each in ids})
            else:
                found.update({each: f"{kind}({at})" if at > 1 else kind for at, each in enumerate(ids, 1)})
        return found


def _literal(text: str) -> str:
    return text.replace("{", "{{").replace("}", "}}")


def _plain_objects(frames: list[FrameType]) -> Iterator[tuple[str, object]]:
    """Yield the objects of the user's classes that frames have names for: `alice`, `accounts[0]`."""
    for frame in frames:
        for name, value in local_variables(frame).items():
            if name in ("self", "cls") or name.startswith("@"):
                continue
            if type(value) in (list, tuple) and len(value) <= _ELEMENTS:
                yield from ((f"{name}[{at}]", each) for at, each in enumerate(value) if _is_plain(each))
            elif _is_plain(value):
                yield name, value


def _is_plain(value: object) -> bool:
    return type(value).__module__ not in ("builtins", "types", "threading", "_thread")
