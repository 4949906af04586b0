"""What an interleaving shows: which write was lost, which read was stale, which lock was missing."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pytest_sensei.explain.words import actor_names

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pytest_sensei.diagnosis import Diagnosis, Step

_Clock = dict[str, int]


@dataclass(frozen=True, slots=True)
class Story:
    """The steps of a schedule that explain it, by their index, and one sentence about them."""

    verdict: str | None = None
    about: str | None = None  # the field that it is about
    lost: frozenset[int] = frozenset()  # writes that another thread wrote over without having seen them
    stale: frozenset[int] = frozenset()  # reads whose value had changed when it was used
    over: dict[int, str] = field(default_factory=dict)  # a write, and the other's value that it replaced

    def mark(self, index: int) -> str:
        """What the story says of a step, in a word; nothing for most."""
        return "lost" if index in self.lost else "stale" if index in self.stale else ""


def story(diagnosis: Diagnosis) -> Story:
    """Find the lost update, or else the check or read that went stale, or the look at something half done."""
    steps = diagnosis.schedule.steps if diagnosis.schedule else ()
    names = actor_names(diagnosis)
    over = dict(_overwrites(steps))
    for tell in (_lost_update, _stale_check, _stale_read, _half_done):
        found = tell(steps, names)
        if found is not None:
            return Story(found.verdict, found.about, found.lost, found.stale, over)
    return Story(over=over)


def _overwrites(steps: Sequence[Step]) -> Iterator[tuple[int, str]]:
    last: dict[str, Step] = {}
    for index, step in enumerate(steps):
        if step.action == "write" and step.field is not None:
            before = last.get(step.field)
            if before is not None and before.actor != step.actor and before.value is not None:
                yield index, before.value
            last[step.field] = step


def _lost_update(steps: Sequence[Step], names: dict[str, str]) -> Story | None:
    for index, write in enumerate(steps):
        if write.action != "write":
            continue
        read = _last_look(steps, index)
        if read is None or steps[read].action != "read" or steps[read].value is None:
            continue  # without a value it is a call into a container, which writes over nothing
        lost = frozenset(_writes_between(steps, read, index))
        if lost:
            sentence = _lost_sentence(steps, read, index, min(lost), names)
            return Story(sentence, write.field, lost, frozenset({read}))
    return None


def _last_look(steps: Sequence[Step], index: int) -> int | None:
    """The same thread's last access to the same field before `index`."""
    actor, name = steps[index].actor, steps[index].field
    earlier = range(index - 1, -1, -1)
    return next(
        (
            at
            for at in earlier
            if steps[at].actor == actor and steps[at].field == name and steps[at].action in {"read", "write"}
        ),
        None,
    )


def _writes_between(steps: Sequence[Step], start: int, end: int) -> list[int]:
    """Other threads' writes to the field of `steps[start]`."""
    return [
        at
        for at in range(start + 1, end)
        if steps[at].action == "write"
        and steps[at].field == steps[start].field
        and steps[at].actor != steps[start].actor
    ]


def _lost_sentence(steps: Sequence[Step], read: int, write: int, lost: int, names: dict[str, str]) -> str:
    noun = _update_noun(steps[lost])
    other_read = _last_look(steps, lost)
    value = steps[read].value
    if other_read is not None and steps[other_read].action == "read" and steps[other_read].value == value:
        both = (
            f"{names[steps[lost].actor]} and {names[steps[write].actor]} both" if len(names) > 3 else "both"
        )
        return f"{both} read {value}, so one {noun} was lost"
    first, second = names[steps[write].actor], names[steps[lost].actor]
    return f"{first} read {value} before {second} wrote {steps[lost].value}: the {noun} of {second} was lost"


def _update_noun(step: Step) -> str:
    for sign, noun in (("+=", "increment"), ("-=", "decrement")):
        if sign in step.place.source:
            return noun
    return "update"


def _stale_check(steps: Sequence[Step], names: dict[str, str]) -> Story | None:
    """A thread looks, another changes what it saw, and then it acts, on another line, without a new look."""
    for index, write in enumerate(steps):
        if write.action != "write":
            continue
        look = _look_elsewhere(steps, index)
        changed = (
            [at for at in _writes_between(steps, look, index) if _differ(steps[at], steps[look])]
            if look is not None
            else []
        )
        if look is not None and changed:
            sentence = _stale_sentence(steps[look], steps[changed[-1]], names)
            return Story(sentence, write.field, stale=frozenset({look}))
    return None


def _look_elsewhere(steps: Sequence[Step], index: int) -> int | None:
    """The same thread's latest access to the field of a write, on another line; None if it is a write."""
    write = steps[index]
    for at in range(index - 1, -1, -1):
        step = steps[at]
        if step.actor == write.actor and _same_field(step, write) and step.place != write.place:
            return at if step.action == "read" else None
    return None


def _stale_read(steps: Sequence[Step], names: dict[str, str]) -> Story | None:
    """A thread acts on what it read, though another has changed it; the one nearest to the failure."""
    for index in range(len(steps) - 1, -1, -1):
        if steps[index].action not in {"write", "raise"}:
            continue
        for read in _fresh_reads(steps, index):
            changes = _writes_between(steps, read, index)
            changed = [at for at in changes if _differ(steps[at], steps[read])]
            if changed:
                return Story(
                    _stale_sentence(steps[read], steps[changed[-1]], names),
                    steps[read].field,
                    stale=frozenset({read}),
                )
    return None


def _fresh_reads(steps: Sequence[Step], index: int) -> Iterator[int]:
    """The last read of each field by the thread of `steps[index]`, latest first."""
    seen: set[str | None] = set()
    for at in range(index - 1, -1, -1):
        step = steps[at]
        if step.actor == steps[index].actor and step.action in {"read", "write"} and step.field not in seen:
            seen.add(step.field)
            if step.action == "read":
                yield at


def _differ(write: Step, read: Step) -> bool:
    """Tell whether a write changed what was read; a call into a container, which shows no value, does."""
    return write.value is None or write.value != read.value


def _stale_sentence(read: Step, write: Step, names: dict[str, str]) -> str:
    reader, writer = names[read.actor], names[write.actor]
    if read.value is None or write.value is None:
        return f"{reader} looked at {read.field} and went on with that, after {writer} had changed it"
    return (
        f"{reader} read {read.field} as {read.value} and went on with that, "
        f"after {writer} had changed it to {write.value}"
    )


def _half_done(steps: Sequence[Step], names: dict[str, str]) -> Story | None:
    for index, read in enumerate(steps):
        if read.action != "read":
            continue
        before = next(
            (
                at
                for at in range(index - 1, -1, -1)
                if steps[at].action == "write" and _same_field(steps[at], read)
            ),
            None,
        )
        if before is None or steps[before].actor == read.actor:
            continue
        writer = steps[before].actor
        if any(step.actor == writer and step.action == "write" for step in steps[index + 1 :]):
            sentence = (
                f"{names[read.actor]} read {read.field} as {read.value} between two writes of {names[writer]}"
            )
            return Story(sentence, read.field, stale=frozenset({index}))
    return None


def _same_field(one: Step, other: Step) -> bool:
    return one.field is not None and one.field == other.field


@dataclass(frozen=True, slots=True)
class _Access:
    step: Step
    clock: _Clock


def lock_verdict(diagnosis: Diagnosis) -> str | None:
    """Say which shared field had no lock, or no lock in common, at accesses that nothing else orders."""
    if diagnosis.schedule is None:
        return None
    told = story(diagnosis)
    accesses = _accesses(diagnosis)
    fields = sorted(
        accesses, key=lambda name: name != told.about
    )  # the story's field first, the rest in order
    for name in fields:
        clashing = _clashing(accesses[name])
        if clashing:
            verdict = _locks_sentence(name, clashing, told, diagnosis)
            if verdict is not None:
                return verdict
    return None


def _accesses(diagnosis: Diagnosis) -> dict[str, list[_Access]]:
    """All reads and writes by field, each with a vector clock that knows starts and joins."""
    steps = diagnosis.schedule.steps if diagnosis.schedule else ()
    ids = {actor.thread: actor.id for actor in diagnosis.actors} | {
        actor.id: actor.id for actor in diagnosis.actors
    }
    clocks: dict[str, _Clock] = {}
    found: dict[str, list[_Access]] = {}
    for step in steps:
        clock = clocks.setdefault(step.actor, {})
        clock[step.actor] = clock.get(step.actor, 0) + 1
        other = ids.get(step.field or "")
        if step.action == "start" and other is not None:
            clocks[other] = dict(clock)
        elif step.action == "join" and other is not None:
            _merge(clock, clocks.get(other, {}))
        elif step.action in {"read", "write"} and step.field is not None:
            found.setdefault(step.field, []).append(_Access(step, dict(clock)))
    return found


def _merge(clock: _Clock, other: _Clock) -> None:
    for actor, count in other.items():
        clock[actor] = max(clock.get(actor, 0), count)


def _clashing(accesses: list[_Access]) -> list[_Access]:
    """Those that conflict with another thread's access and are not ordered by a start or join."""
    return [one for one in accesses if any(_clash(one, other) for other in accesses)]


def _clash(one: _Access, other: _Access) -> bool:
    first, second = one.step.actor, other.step.actor
    if first == second or "write" not in {one.step.action, other.step.action}:
        return False
    before = other.clock.get(first, 0) >= one.clock[first]
    after = one.clock.get(second, 0) >= other.clock[second]
    return not before and not after


def _locks_sentence(name: str, clashing: list[_Access], told: Story, diagnosis: Diagnosis) -> str | None:
    shown = {resource.id: resource.name for resource in diagnosis.resources}
    steps = [access.step for access in clashing]
    common = set(steps[0].locks).intersection(*(step.locks for step in steps))
    if common:
        lock = shown.get(min(common), min(common))
        if name != told.about:
            return None
        return f"{lock} is held at each access to {name}, but given back in between"
    bare = [step for step in steps if not step.locks]
    guarded = [step for step in steps if step.locks]
    if not guarded:
        return f"no lock is held at any access to {name}"
    if bare:
        return f"{name}: {_doing(guarded[0], shown)}, but {_doing(bare[0], shown)}"
    return _different_locks(name, steps, shown, actor_names(diagnosis))


def _doing(step: Step, shown: dict[str, str]) -> str:
    done = "written" if step.action == "write" else "read"
    with_lock = f"with {shown.get(step.locks[0], step.locks[0])}" if step.locks else "with no lock"
    return f"{done} {with_lock} in {step.place.file}:{step.place.line}"


def _different_locks(name: str, steps: list[Step], shown: dict[str, str], names: dict[str, str]) -> str:
    one = steps[0]
    other = next((step for step in steps if not set(step.locks) & set(one.locks)), steps[-1])
    first, second = (shown.get(step.locks[0], step.locks[0]) for step in (one, other))
    if first == second:
        return f"{name}: each thread holds a {first} of its own, so they do not exclude each other"
    holders = f"{names[one.actor]} holds {first}, {names[other.actor]} holds {second}"
    return f"{name}: {holders}; no lock in common"
