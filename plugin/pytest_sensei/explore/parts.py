"""The parts of what outlives an execution: each knows how something was, and can put it back."""

from __future__ import annotations

import array
import ast
import collections
import contextlib
import copy
import functools
import itertools
import operator
import queue
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol

from pytest_sensei.explore.access import ABSENT
from pytest_sensei.explore.known_types import derives, instance_names, is_a
from pytest_sensei.primitives.queues import SimpleQueue
from pytest_sensei.primitives.runtime import current_strand

if TYPE_CHECKING:
    import random
    import types
    from collections.abc import Collection, Iterator, Mapping

    from pytest_sensei.primitives.locks import Lock
    from pytest_sensei.primitives.rlocks import RLock

LARGE = 2_000  # items in a container that is left as it is: it is a table, not something that threads share

Stays = Callable[[object, object], bool]
"""Tells of a name, and of what stands behind it now, whether it stays as it is."""

_SEQUENCES = (list, collections.deque)
_BUFFERS = (bytearray, array.array)
_MAPPINGS = (collections.OrderedDict, dict)
_STEPPED: tuple[type, ...] = (type(iter([])), type(iter(())), type(iter(range(1))))
CONTAINERS = (*_SEQUENCES, *_BUFFERS, *_MAPPINGS, set)  # each before those it derives from
_REAL_SIMPLE_QUEUE: Any = SimpleQueue.__base__


class Part(Protocol):
    """Something that may change, as it was."""

    held: tuple[Any, ...]
    """What it holds, which may have changed, too."""

    def changed(self) -> bool: ...

    def restore(self) -> None:
        """Put it back."""


def _are_same(now: Collection[object], then: Collection[object]) -> bool:
    """Tell whether these are the very same objects, without asking them."""
    return len(now) == len(then) and all(map(operator.is_, now, then))


def _nothing_stays(_name: object, _now: object) -> bool:
    return False


class Names:
    """A namespace: the globals of a module, the attributes of a class, an object or a function."""

    def __init__(self, now: Mapping[str, object], owner: Any, stays: Stays = _nothing_stays) -> None:
        self._now = now
        self._owner = owner
        self._stays = stays
        self._then = dict(now)
        self._steppers = {
            name: again for name, value in now.items() if (again := _stepper(value)) is not None
        }
        self.held = tuple(value for name, value in now.items() if not stays(name, value))

    def _came(self) -> list[str]:
        then, stays = self._then, self._stays
        return [name for name, now in self._now.items() if name not in then and not stays(name, now)]

    def _went(self) -> list[tuple[str, object]]:
        """Return the names that went or stand for something else now, with what they stood for."""
        find, stays = self._now.get, self._stays
        return [
            (name, then)
            for name, then in self._then.items()
            if (now := find(name, ABSENT)) is not then and not stays(name, now)
        ]

    def changed(self) -> bool:
        if self._steppers:
            return True
        if _are_same(self._now.values(), self._then.values()):
            return False
        return bool(self._came() or self._went()) or self._is_out_of_order()

    def _is_out_of_order(self) -> bool:
        """Tell whether an object's attributes stand in another order: whoever goes through them sees it."""
        return self._stays is _nothing_stays and not _are_same(self._now, self._then)

    def restore(self) -> None:
        delete, put = (
            (type.__delattr__, type.__setattr__)
            if is_a(self._owner, type)
            else (dict.__delitem__, dict.__setitem__)
        )
        self._then.update((name, again()) for name, again in self._steppers.items())
        for name in self._came():
            delete(self._owner, name)
        for name, value in self._went():
            put(self._owner, name, value)
        if self._is_out_of_order():
            dict.clear(self._owner)
            dict.update(self._owner, self._then)


def _stepper(iterator: object) -> Callable[[], object] | None:
    """Return what makes an iterator anew that stands where this one does now; None: it is none, or cannot be copied."""
    if type(iterator) is itertools.count:
        with contextlib.suppress(ValueError):  # it counts in something else than plain numbers
            return functools.partial(itertools.count, *ast.literal_eval(f"[{repr(iterator)[6:-1]}]"))
    return functools.partial(copy.copy, copy.copy(iterator)) if type(iterator) in _STEPPED else None


class Slot:
    """An attribute that has a place of its own in the object."""

    def __init__(self, obj: object, slot: types.MemberDescriptorType) -> None:
        self._obj = obj
        self._slot = slot
        self._then = self._now()
        self.held = () if self._then is ABSENT else (self._then,)

    def _now(self) -> object:
        try:
            return self._slot.__get__(self._obj, type(self._obj))
        except AttributeError:  # nothing was assigned yet
            return ABSENT

    def changed(self) -> bool:
        return self._now() is not self._then

    def restore(self) -> None:
        if self._then is ABSENT:
            self._slot.__delete__(self._obj)
        else:
            self._slot.__set__(self._obj, self._then)


class Cell:
    """A variable that a function shares with the one around it."""

    def __init__(self, cell: types.CellType) -> None:
        self._cell = cell
        self._then = self._now()
        self.held = () if self._then is ABSENT else (self._then,)

    def _now(self) -> object:
        try:
            return self._cell.cell_contents
        except ValueError:  # not bound yet
            return ABSENT

    def changed(self) -> bool:
        return self._now() is not self._then

    def restore(self) -> None:
        if self._then is ABSENT:
            del self._cell.cell_contents
        else:
            self._cell.cell_contents = self._then


class Cache:
    """The cache of a function: empty again, if it was. What is in it cannot be read."""

    held = ()

    def __init__(self, function: Any) -> None:
        self._function = function
        self._was_empty = not function.cache_info().currsize

    def changed(self) -> bool:
        return self._was_empty and self._function.cache_info().currsize > 0

    def restore(self) -> None:
        self._function.cache_clear()


class Freedom:
    """Whether a lock is free: again, if it was, and if its holder is of the exploration."""

    held = ()

    def __init__(self, lock: Lock | RLock) -> None:
        self._lock = lock
        self._was_free = lock._owner is None

    def changed(self) -> bool:
        holder = self._lock._owner
        return self._was_free and holder is not None and (holder.ended or holder is current_strand())

    def restore(self) -> None:
        self._lock._at_fork_reinit()


class Queued:
    """The items of a `SimpleQueue`. To see them they are taken out, and put in again."""

    def __init__(self, items: queue.SimpleQueue[object]) -> None:
        self._queue = items
        self.held = self._taken_out()
        self._put()

    def _taken_out(self) -> tuple[object, ...]:
        found: list[object] = []
        with contextlib.suppress(queue.Empty):
            while True:
                found.append(_REAL_SIMPLE_QUEUE.get(self._queue, False))
        return tuple(found)

    def _put(self) -> None:
        for each in self.held:
            _REAL_SIMPLE_QUEUE.put(self._queue, each)

    def changed(self) -> bool:
        return bool(self.held or self._queue.qsize())

    def restore(self) -> None:
        self._taken_out()
        self._put()


class Items:
    """The items of a container, in their order."""

    def __init__(self, container: Any, base: Any) -> None:
        self._container = container
        self._base = base
        self._copy = _copy(container, base)
        if base is set:
            self.restore()  # the order depends on the set's history: let it be the same from the start
        self._then = self._now()
        self.held = self._then

    def _now(self) -> tuple[object, ...]:
        container = self._container
        if self._base in _MAPPINGS:
            return tuple(itertools.chain.from_iterable(self._base.items(container)))
        return tuple(self._base.__iter__(container))

    def changed(self) -> bool:
        return not _are_same(self._now(), self._then)

    def restore(self) -> None:
        container, base = self._container, self._base
        if base in _BUFFERS:
            with contextlib.suppress(BufferError):  # of another size, while somebody has a view of it
                base.__setitem__(container, slice(None), self._copy)
            return
        base.clear(container)
        if base is collections.OrderedDict:
            for key, value in self._copy:
                base.__setitem__(container, key, value)
        elif base in _SEQUENCES:
            base.extend(container, self._copy)
        else:
            base.update(container, self._copy)  # by the hashes it knows: nobody's `__hash__` is asked


def _copy(container: Any, base: Any) -> Any:
    """Return a copy of a container that runs nothing of the user's, and asks for no hash where it need not."""
    if base is dict:
        return dict.copy(container)
    if base is set:
        return set(set.copy(container))
    if base is collections.OrderedDict:
        return tuple(base.items(container))
    return (
        array.array(container.typecode, container) if base is array.array else base(base.__iter__(container))
    )


def items_of(obj: Any, kind: type) -> Iterator[Items]:
    """Yield the items of an object, if it is a container."""
    base: Any = next((base for base in CONTAINERS if derives(kind, base)), None)
    if base is not None and base.__len__(obj) <= LARGE:
        yield Items(obj, base)


class Text:
    """What is in a file that lies in memory, and where it is read and written."""

    held = ()

    def __init__(self, file: Any, base: Any) -> None:
        self._file = file
        self._base = base
        self._then = self._now()

    def _now(self) -> tuple[object, ...] | None:
        if self._file.closed:
            return None
        return self._base.getvalue(self._file), self._base.tell(self._file)

    def changed(self) -> bool:
        now = self._now()
        return now is not None and self._then is not None and now != self._then

    def restore(self) -> None:
        file, base = self._file, self._base
        content, position = self._then  # type: ignore[misc]
        base.seek(file, 0)
        base.truncate(file)
        base.write(file, content)
        base.seek(file, position)


class Chance:
    """The state of a generator of random numbers."""

    held = ()

    def __init__(self, generator: random.Random) -> None:
        self._generator = generator
        self._then = generator.getstate()

    def changed(self) -> bool:
        return self._generator.getstate() != self._then

    def restore(self) -> None:
        self._generator.setstate(self._then)


class Shape:
    """Of which class an object is, and where its attributes are: both can be exchanged."""

    held = ()

    def __init__(self, obj: object, names: dict[str, Any]) -> None:
        self._obj = obj
        self._kind = type(obj)
        self._names = names

    def changed(self) -> bool:
        kind = type(self._obj)
        return kind is not self._kind or instance_names(self._obj, kind) is not self._names

    def restore(self) -> None:
        if type(self._obj) is not self._kind:
            object.__setattr__(self._obj, "__class__", self._kind)
        if instance_names(self._obj, self._kind) is not self._names:
            object.__setattr__(self._obj, "__dict__", self._names)
