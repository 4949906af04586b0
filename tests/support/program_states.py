"""All states that a random program can get into, by brute force: what it leaves, and whether it can get stuck.

Independent of the plugin: an interpreter of its own, in which a statement is one to four steps.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from random_programs import VARIABLES, Block, Program

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterator

Values = tuple[int, int]
Step = tuple[Any, ...]
"""What to do, and on what; a step that may go on elsewhere ends with where."""

MANY = 60_000  # states of one program; few have as many


@dataclass(frozen=True)
class Reach:
    """What can come of a program."""

    left: frozenset[Values]  # in the variables, when all threads have ended
    stuck: bool  # in some order of its steps


class State(NamedTuple):
    """Where all threads are, and what everything looks like."""

    at: tuple[int, ...]
    read: tuple[int, ...]  # by each thread, last
    values: Values
    owners: frozenset[tuple[str, int, int]]  # lock, thread, how often
    places: int
    items: tuple[int, ...]
    flag: bool
    waiting: tuple[tuple[str, int], ...]  # for what, who; in the order in which they came
    woken: frozenset[int]
    arrived: int  # at the barrier
    leaving: bool  # the barrier is open, and somebody is still on the way out

    def go(self, thread: int, to: int) -> State:
        return self._replace(at=_put(self.at, thread, to))

    def wake(self, what: str, most: int = 99) -> State:
        first = [entry for entry in self.waiting if entry[0] == what][:most]
        left = tuple(entry for entry in self.waiting if entry not in first)
        return self._replace(waiting=left, woken=self.woken | {thread for _, thread in first})

    def wait(self, thread: int, what: str) -> State:
        return self._replace(waiting=(*self.waiting, (what, thread)))

    def owner(self, lock: str) -> tuple[int, int] | None:
        return next(((thread, times) for name, thread, times in self.owners if name == lock), None)

    def own(self, lock: str, thread: int, times: int) -> State:
        others = frozenset(entry for entry in self.owners if entry[0] != lock)
        return self._replace(owners=others | ({(lock, thread, times)} if times else set()))

    def write(self, variable: str, value: int) -> State:
        return self._replace(values=_put(self.values, VARIABLES.index(variable), value))


def _put(values: Any, index: int, value: int) -> Any:
    return (*values[:index], value, *values[index + 1 :])


# From statements to steps


class _Compiler:
    def __init__(self) -> None:
        self.steps: list[Step] = []

    def block(self, block: Block) -> list[Step]:
        for what, *arguments in block:
            getattr(self, f"_{what.replace(' ', '_')}", self._plain)(what, *arguments)
        return self.steps

    def _plain(self, what: str, *arguments: Any) -> None:
        self.steps.append((what, *arguments))

    def _until(self, what: str, *arguments: Any) -> None:
        """Try something, and be woken and try again until it works."""
        start = len(self.steps)
        self.steps += [(what, *arguments, start + 3), ("woken",), ("jump", start)]

    def _around(self, before: Step, block: Block, after: Step) -> None:
        self.steps.append(before)
        self.block(block)
        self.steps.append(after)

    def _skipping(self, start: int, *what: Any) -> None:
        self.steps[start] = (*what, len(self.steps))

    def _add(self, _: str, variable: str) -> None:
        self.steps += [("read", variable), ("write one more", variable)]

    def _copy(self, _: str, target: str, source: str) -> None:
        self.steps += [("read", source), ("write", target)]

    def _if(self, _: str, variable: str, value: int, block: Block) -> None:
        self.steps += [("read", variable), ()]
        start = len(self.steps) - 1
        self.block(block)
        self._skipping(start, "unless", value)

    def _wait_until(self, _: str, variable: str, value: int, block: Block) -> None:
        start = len(self.steps)
        self.steps += [("read", variable), ()]
        self.block(block)
        self.steps.append(("jump", start))
        self._skipping(start + 1, "when", value)

    def _with(self, _: str, lock: str, block: Block) -> None:
        self._around(("take", lock), block, ("give", lock))

    def _with_again(self, _: str, block: Block) -> None:
        self._around(("take", "again"), block, ("give", "again"))

    def _with_condition(self, _: str, block: Block) -> None:
        self._around(("take", "changed"), block, ("give", "changed"))

    def _try(self, _: str, lock: str, block: Block) -> None:
        start = len(self.steps)
        self.steps.append(())
        self.block(block)
        self.steps.append(("give", lock))
        self._skipping(start, "try", lock)

    def _wait(self, _: str) -> None:
        self.steps += [("wait",), ("woken",), ("take", "changed")]

    def _take_place(self, what: str) -> None:
        self._until(what)

    def _put(self, what: str, item: int) -> None:
        self._until(what, item)

    def _get(self, what: str, variable: str) -> None:
        self._until(what)
        self.steps.append(("write", variable))

    def _wait_for_flag(self, what: str) -> None:
        self.steps += [(what, len(self.steps) + 2), ("woken",)]

    def _meet(self, what: str) -> None:
        start = len(self.steps)
        self.steps += [(what, start + 3, start + 5), ("woken",), ("jump", start), ("woken",), ("leave",)]


# What a step does: the state after it, or None while it has to wait. The state given is at the next step already.


def _take(state: State, thread: int, lock: str) -> State | None:
    owner = state.owner(lock)
    if owner is None:
        return state.own(lock, thread, 1)
    again = lock in {"again", "changed"} and owner[0] == thread
    return state.own(lock, thread, owner[1] + 1) if again else None


def _give(state: State, thread: int, lock: str) -> State:
    owner = state.owner(lock)
    assert owner is not None
    return state.own(lock, thread, owner[1] - 1)


def _try(state: State, thread: int, lock: str, otherwise: int) -> State:
    return state.go(thread, otherwise) if state.owner(lock) else state.own(lock, thread, 1)


def _woken(state: State, thread: int) -> State | None:
    return state._replace(woken=state.woken - {thread}) if thread in state.woken else None


def _take_place(state: State, thread: int, done: int) -> State:
    if state.places == 0:
        return state.wait(thread, "place")
    return state._replace(places=state.places - 1).go(thread, done)


def _put_item(room: int) -> Callable[..., State]:
    def put(state: State, thread: int, item: int, done: int) -> State:
        if room and len(state.items) >= room:
            return state.wait(thread, "room")
        return state._replace(items=(*state.items, item)).wake("item", 1).go(thread, done)

    return put


def _get(state: State, thread: int, done: int) -> State:
    if not state.items:
        return state.wait(thread, "item")
    item, *rest = state.items
    got = state._replace(items=tuple(rest), read=_put(state.read, thread, item))
    return got.wake("room", 1).go(thread, done)


def _meet(state: State, thread: int, wait: int, done: int) -> State:
    if state.leaving:
        return state.wait(thread, "closed barrier")
    if state.arrived == 0:
        return state._replace(arrived=1).wait(thread, "company").go(thread, wait)
    return state._replace(leaving=True).wake("company").go(thread, done)


_DO: dict[str, Callable[..., State | None]] = {
    "read": lambda s, t, v: s._replace(read=_put(s.read, t, s.values[VARIABLES.index(v)])),
    "write": lambda s, t, v: s.write(v, s.read[t]),
    "write one more": lambda s, t, v: s.write(v, s.read[t] + 1),
    "set": lambda s, _, v, value: s.write(v, value),
    "unless": lambda s, t, value, to: s if s.read[t] == value else s.go(t, to),
    "when": lambda s, t, value, to: s.go(t, to) if s.read[t] == value else s,
    "jump": lambda s, t, to: s.go(t, to),
    "take": _take,
    "give": _give,
    "try": _try,
    "woken": _woken,
    "wait": lambda s, t: s.own("changed", t, 0).wait(t, "change"),
    "notify": lambda s, _: s.wake("change", 1),
    "notify all": lambda s, _: s.wake("change"),
    "take place": _take_place,
    "give place": lambda s, _: s._replace(places=s.places + 1).wake("place", 1),
    "get": _get,
    "raise flag": lambda s, _: s._replace(flag=True).wake("flag"),
    "lower flag": lambda s, _: s._replace(flag=False),
    "wait for flag": lambda s, t, done: s.go(t, done) if s.flag else s.wait(t, "flag"),
    "meet": _meet,
    "leave": lambda s, _: s._replace(arrived=0, leaving=False).wake("closed barrier"),
}


def reach(program: Program) -> Reach | None:
    """Return what can come of a program, or None when it has too many states."""
    threads = [_Compiler().block(block) for block in program.threads]
    do = {**_DO, "put": _put_item(program.room)}
    nobody = (0,) * len(threads)
    first = State(nobody, nobody, (0, 0), frozenset(), program.places, (), False, (), frozenset(), 0, False)
    seen: set[Hashable] = {first}
    pending, left, stuck = [first], set(), False
    while pending:
        state = pending.pop()
        following = list(_following(state, threads, do))
        if not following:
            ended = all(at == len(steps) for at, steps in zip(state.at, threads, strict=True))
            stuck = stuck or not ended
            left |= {state.values} if ended else set()
        fresh = [each for each in following if each not in seen]
        seen.update(fresh)
        pending += fresh
        if len(seen) > MANY:
            return None
    return Reach(frozenset(left), stuck)


def _following(
    state: State, threads: list[list[Step]], do: dict[str, Callable[..., State | None]]
) -> Iterator[State]:
    for thread, steps in enumerate(threads):
        at = state.at[thread]
        if at < len(steps):
            what, *arguments = steps[at]
            after = do[what](state.go(thread, at + 1), thread, *arguments)
            if after is not None:
                yield after
