"""What a task is about to do: the operation that the scheduler grants, and when two of them may not be swapped."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final, NamedTuple

from pytest_sensei.explore.access import ANY

if TYPE_CHECKING:
    from collections.abc import Callable

READ: Final = "read"
WRITE: Final = "write"
ACQUIRE: Final = "acquire"  # waits for a lock
TRY: Final = "try"  # takes a lock if it is free, and goes on in any case
TRIED: Final = "tried"  # a try, or a timed wait, that went away with nothing
LOCKED: Final = "locked"  # asks whether a lock is held, and it is
FREE: Final = "free"  # the same, and it is not
RELEASE: Final = "release"
START: Final = "start"
BEGIN: Final = "begin"
END: Final = "end"
JOIN: Final = "join"
LOOK: Final = "look"  # asks whether a task lives
PUT: Final = "put"
GET: Final = "get"  # waits for an item
POLL: Final = "poll"  # takes an item if there is one
POLLED: Final = "polled"  # found none
TAKE: Final = "take"  # waits for a pipe, or for a semaphore of multiprocessing
PEEK: Final = "peek"  # the same without waiting
GIVE: Final = "give"  # gives such a semaphore back
SLEEP: Final = "sleep"
CHOOSE: Final = "choose"  # a task asked for a value: whether a wait ends early

Act = str
Key = object
"""What an operation is about: an (object, field) pair, a lock, a queue, or the number of a task."""

_LOOKING = frozenset({READ, LOOK, LOCKED, FREE, TRIED, POLLED, JOIN})
_PRIVATE = frozenset({BEGIN, SLEEP, CHOOSE})
_QUEUE_ENDS = frozenset({PUT, GET})
_BOTH_FAIL = frozenset(
    {(TRY, TRIED), (TRY, LOCKED), (POLL, POLLED)}
)  # what failed for one would have failed for the other


class Event(NamedTuple):
    """An operation that has happened, by the task that did it."""

    task: int
    act: Act
    key: Key


happened: Callable[[tuple[int, Act, Key]], Event] = partial(tuple.__new__, Event)
"""Make an event without a call of Python code: there is one at each step."""


class Operation:
    """What a task will do as soon as it is let."""

    __slots__ = ("act", "deadline", "expired", "granted", "key", "target", "waits")

    def __init__(
        self, act: Act, key: Key, target: object = None, *, waits: bool = False, deadline: float | None = None
    ) -> None:
        self.act = act
        self.key = key
        self.target = target  # the lock, queue or task behind the key
        self.waits = waits  # may have to wait: somebody must look whether it can happen now
        self.deadline = deadline  # virtual time at which it stops waiting
        self.expired = False
        self.granted = True  # false: it went away with nothing


def independent(pending: Act, key: Key, done: Act, done_key: Key) -> bool:
    """Tell whether what a task stands at would lead to the same state before and after what another has done."""
    if pending in _PRIVATE or done in _PRIVATE or not _same(key, done_key):
        return True
    if done in _LOOKING and (pending in _LOOKING or (pending, done) in _BOTH_FAIL):
        return True
    return pending is not done and pending in _QUEUE_ENDS and done in _QUEUE_ENDS


def _same(key: Key, other: Key) -> bool:
    if key == other:
        return True
    if type(key) is not tuple or type(other) is not tuple or key[0] != other[0]:
        return False
    return key[1] is ANY or other[1] is ANY  # the whole container, and one of its items
