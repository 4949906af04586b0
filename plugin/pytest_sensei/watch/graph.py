"""The wait-for graph: pure functions that tell who can never be woken."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

OUTSIDE = "outside"
"""The actor that stands for everything we cannot see: signals, foreign processes, native threads."""


@dataclass(frozen=True, slots=True)
class Blocked:
    """An actor that waits without limit, and who could end that.

    `wakers` are the actors of which any one may wake it; None means that anybody may. `binding` tells
    that nobody but the wakers can: the lock's owner, the thread that is joined.
    """

    actor: str
    resource: str
    wakers: frozenset[str] | None
    binding: bool


@dataclass(frozen=True, slots=True)
class Situation:
    """Everybody who takes part, at one moment: those who wait without limit, and all others who could act."""

    blocked: tuple[Blocked, ...]
    active: frozenset[str]


def knot(situation: Situation) -> frozenset[str]:
    """Return the greatest set of blocked actors of whom nobody outside the set can wake a member.

    Everybody blocked is a member until one of its possible wakers turns out not to be: the greatest
    fixed point of "all who could wake me are stuck too" (Knapp, Deadlock detection in distributed
    databases, 1987: a knot of the OR model, with AND edges as the one-waker case).
    """
    waits = {wait.actor: wait for wait in situation.blocked}
    stuck = set(waits)
    anybody_moves = bool(situation.active)
    while True:
        free = {actor for actor in stuck if _can_be_woken(waits[actor], stuck, anybody_moves=anybody_moves)}
        if not free:
            return frozenset(stuck)
        stuck -= free
        anybody_moves = True  # who left the set may wake those that wait for anybody


def _can_be_woken(wait: Blocked, stuck: set[str], *, anybody_moves: bool) -> bool:
    if wait.wakers is None:
        return anybody_moves
    return not wait.wakers <= stuck


def cycle(blocked: Mapping[str, Blocked], members: Iterable[str]) -> tuple[str, ...]:
    """Return the actors of one cycle of binding waits among `members`, in order, or nothing.

    A binding wait has one waker, so each actor has at most one edge and the walk is a straight line.
    """
    allowed = set(members)
    done: set[str] = set()
    for start in sorted(allowed):
        path: list[str] = []
        actor: str | None = start
        while actor is not None and actor in allowed and actor not in done:
            done.add(actor)
            path.append(actor)
            actor = _holder(blocked[actor])
        if actor in path:
            return tuple(path[path.index(actor) :])
    return ()


def _holder(wait: Blocked) -> str | None:
    if not wait.binding or wait.wakers is None or len(wait.wakers) != 1:
        return None
    return next(iter(wait.wakers))


def behind(blocked: Mapping[str, Blocked], core: Iterable[str]) -> frozenset[str]:
    """Return who waits, directly or through others, for a member of `core`, without being one."""
    inside = set(core)
    reached = set(inside)
    moved = True
    while moved:
        more = {
            wait.actor
            for wait in blocked.values()
            if wait.actor not in reached and wait.wakers is not None and wait.wakers & reached
        }
        reached |= more
        moved = bool(more)
    return frozenset(reached - inside)


def certain(blocked: Mapping[str, Blocked], members: Iterable[str]) -> frozenset[str]:
    """Return those of a knot whom not even the end of a process that may be killed would excuse.

    A cycle of binding waits, and who waits for what nobody can give any more, with all who wait behind them.
    """
    inside = set(members)
    lost = [actor for actor in inside if blocked[actor].binding and blocked[actor].wakers == frozenset()]
    core = {*cycle(blocked, inside), *lost}
    if not core:
        return frozenset()
    return frozenset(core | (behind({actor: blocked[actor] for actor in inside}, core) & inside))
