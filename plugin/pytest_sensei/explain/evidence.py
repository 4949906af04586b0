"""What an interleaving shows: what went wrong, in a sentence, and which lock was missing."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from pytest_sensei.diagnosis import some
from pytest_sensei.explain.stories import TELLERS, Scene, Story, overlap, overwrites
from pytest_sensei.explain.words import actor_names

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_sensei.diagnosis import Diagnosis, Step

__all__ = ["Story", "lock_verdict", "story"]

_Clock = dict[str, int]


def story(diagnosis: Diagnosis) -> Story:
    """Find what explains the failure: the first story that its steps bear out."""
    steps = diagnosis.schedule.steps if diagnosis.schedule else ()
    scene = Scene(steps, actor_names(diagnosis))
    found = next((told for tell in TELLERS if (told := tell(scene)) is not None), Story())
    return replace(found, over=dict(overwrites(steps)))


@dataclass(frozen=True, slots=True)
class _Access:
    step: Step
    clock: _Clock


def lock_verdict(diagnosis: Diagnosis) -> str | None:
    """Say which shared field had no lock, or no lock in common, at accesses that nothing else orders."""
    told = story(diagnosis)
    if diagnosis.schedule is None or told.is_order:
        return None
    accesses = _accesses(diagnosis)
    names = dict.fromkeys(access.step.field or "" for access in accesses)
    for name in sorted(
        names, key=lambda name: name not in told.about
    ):  # the story's fields first, the rest in order
        clashing = _clashing(name, accesses)
        if clashing:
            verdict = _locks_sentence(name, clashing, told, diagnosis)
            if verdict is not None:
                return verdict
    return None


def _accesses(diagnosis: Diagnosis) -> list[_Access]:
    """All reads and writes, each with a vector clock that knows starts and joins."""
    steps = diagnosis.schedule.steps if diagnosis.schedule else ()
    ids = {actor.thread: actor.id for actor in diagnosis.actors} | {
        actor.id: actor.id for actor in diagnosis.actors
    }
    clocks: dict[str, _Clock] = {}
    found: list[_Access] = []
    for step in steps:
        clock = clocks.setdefault(step.actor, {})
        clock[step.actor] = clock.get(step.actor, 0) + 1
        other = ids.get(step.field or "")
        if step.action == "start" and other is not None:
            clocks[other] = dict(clock)
        elif step.action == "join" and other is not None:
            _merge(clock, clocks.get(other, {}))
        elif step.action in {"read", "write"} and step.field is not None:
            found.append(_Access(step, dict(clock)))
    return found


def _merge(clock: _Clock, other: _Clock) -> None:
    for actor, count in other.items():
        clock[actor] = max(clock.get(actor, 0), count)


def _clashing(name: str, accesses: Sequence[_Access]) -> list[_Access]:
    """Those that conflict with another thread's access to the field and are not ordered by a start or join."""
    mine = [each for each in accesses if each.step.field == name]
    near = [each for each in accesses if any(overlap(each.step, one.step) for one in mine[:1])]
    pairs = [(one, other) for one in mine for other in near if _clash(one, other)]
    involved = {id(each) for pair in pairs for each in pair}
    return [each for each in near if id(each) in involved]


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
        return _given_back(lock, name, told, diagnosis) if name in told.about else None
    bare = [step for step in steps if not step.locks]
    guarded = [step for step in steps if step.locks]
    if not guarded:
        return f"no lock is held at any access to {name}"
    if bare:
        return f"{name}: {_doing(guarded[0], shown)}, but {_doing(bare[0], shown)}"
    return _different_locks(name, steps, shown, actor_names(diagnosis))


def _given_back(lock: str, name: str, told: Story, diagnosis: Diagnosis) -> str | None:
    """Say who let others in between two steps that belong together."""
    steps = diagnosis.schedule.steps if diagnosis.schedule else ()
    for start, end in told.pairs:
        releases = [step for step in steps[start:end] if step.action == "release" and step.field == lock]
        if any(step.actor == steps[start].actor for step in releases):
            who = actor_names(diagnosis)[steps[start].actor]
            return f"{lock} is held at each access to {name}, but {who} gave it back in between"
    return f"{lock} is held at each access to {name}, but given back in between"


def _doing(step: Step, shown: dict[str, str]) -> str:
    done = "written" if step.action == "write" else "read"
    with_lock = f"with {shown.get(step.locks[0], step.locks[0])}" if step.locks else "with no lock"
    return f"{done} {with_lock} in {step.place.file}:{step.place.line}"


def _different_locks(name: str, steps: list[Step], shown: dict[str, str], names: dict[str, str]) -> str:
    one = steps[0]
    other = next((step for step in steps if not set(step.locks) & set(one.locks)), steps[-1])
    first, second = (shown.get(step.locks[0], step.locks[0]) for step in (one, other))
    if first == second:
        return f"{name}: each thread holds {some(first)} of its own, so they do not exclude each other"
    holders = f"{names[one.actor]} holds {first}, {names[other.actor]} holds {second}"
    return f"{name}: {holders}; no lock in common"
