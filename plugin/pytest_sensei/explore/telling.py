"""From an execution that failed to a diagnosis, and from the search to a sentence about what it covered."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from pytest_sensei.diagnosis import Actor, Diagnosis, Kind, Schedule, Step
from pytest_sensei.explore.recording import Recording, actor_id, clashes
from pytest_sensei.explore.scheduler import End, Scheduler
from pytest_sensei.watch import lost
from pytest_sensei.watch.places import raised_at
from pytest_sensei.watch.timeouts import is_timeout

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_sensei.explore.portfolio import Portfolio
    from pytest_sensei.explore.task import Task

_FINAL = (pytest.skip.Exception, pytest.exit.Exception, pytest.xfail.Exception, KeyboardInterrupt)


def is_final(error: BaseException) -> bool:
    """Tell whether an exception ends the test itself, not just this interleaving of it."""
    return isinstance(error, _FINAL) or is_timeout(error)


def failing_line(error: BaseException | None) -> tuple[str, int] | None:
    """Return file and number of that line."""
    place = raised_at(error, None)
    return (place.file, place.line) if place is not None else None


def diagnose(execution: Scheduler, recording: Recording, *, passes: bool) -> Diagnosis | None:
    """Explain a failed execution. None: it fails in any case, so there is nothing to explain.

    A race is claimed when another interleaving passes, or when accesses that nothing orders explain it.
    """
    if execution.end in (End.STUCK, End.LEFT):
        return recording.standing
    if execution.end in (End.SPINNING, End.ENDLESS):
        return _spinning(execution, recording)
    clashing = clashes(recording.notes)
    if not passes and not _stale_write(recording, clashing):
        return _lost_exception(execution, recording) if execution.end is End.DIED else None
    return _race(execution, recording, clashing)


def _race(execution: Scheduler, recording: Recording, clashing: set[int]) -> Diagnosis:
    error = execution.problem
    assert error is not None
    task = execution.culprit or execution.main
    place = raised_at(error, recording.root)
    if place is not None:
        recording.last = Step(actor_id(task), place, "raise", None, in_words(error))
    spots = [recording.notes[index].step.place for index in sorted(_core(recording, clashing) or clashing)]
    return Diagnosis(
        kind=Kind.RACE,
        summary=in_words(error),
        mode="explored",
        actors=_actors(execution, recording),
        resources=tuple(recording.resources.values()),
        culprits=tuple(dict.fromkeys(spots))[:4] or ((place,) if place is not None else ()),
        details=_other_errors(execution, error),
    )


def in_words(error: BaseException) -> str:
    """Name an exception in one line."""
    text = str(error).strip().splitlines()
    name = type(error).__name__
    return f"{name}: {text[0]}" if text else name


def _actors(execution: Scheduler, recording: Recording) -> tuple[Actor, ...]:
    seen = {note.tid for note in recording.notes}
    told = (execution.main, execution.culprit)
    tasks = [task for task in execution.tasks if task.tid in seen or task in told]
    return tuple(
        Actor(actor_id(task), "MainProcess", os.getpid(), task.name, _state(execution, task))
        for task in tasks
    )


def _state(execution: Scheduler, task: Task) -> str:
    if task is execution.main or task is execution.culprit:
        return "running"
    return "waiting" if task in execution.stood else "ended"


def _other_errors(execution: Scheduler, error: BaseException) -> tuple[str, ...]:
    return tuple(
        f"{task.name} died of {in_words(task.error)}"
        for task in execution.tasks
        if task.error is not None and task.error is not error
    )


def _core(recording: Recording, clashing: set[int]) -> set[int]:
    """Return the accesses around a write that rests on a read which another's write has made old."""
    found = _stale_write(recording, clashing)
    return set(found) if found else set()


def _stale_write(recording: Recording, clashing: set[int]) -> tuple[int, ...]:
    """Find a read, another's write after it, and the reader's own write that takes no notice."""
    notes = recording.notes
    for index in sorted(clashing):
        if not notes[index].writes:
            continue
        mine = [
            at
            for at in clashing
            if at < index and notes[at].tid == notes[index].tid and notes[at].key == notes[index].key
        ]
        if not mine or notes[max(mine)].writes:
            continue
        read = max(mine)
        between = [
            at
            for at in clashing
            if read < at < index
            and notes[at].writes
            and notes[at].key == notes[index].key
            and notes[at].tid != notes[index].tid
        ]
        if between:
            return (read, between[0], index)
    return ()


def _lost_exception(execution: Scheduler, recording: Recording) -> Diagnosis | None:
    task = execution.culprit
    if task is None or task.error is None:
        return None
    found = lost.diagnose(lost.LostException.of(task.thread, task.error, recording.root), os.getpid())
    return replace(found, mode="explored")


def _spinning(execution: Scheduler, recording: Recording) -> Diagnosis:
    task = execution.culprit or execution.main
    last = next((note for note in reversed(recording.notes) if note.tid == task.tid), None)
    place = recording.loop or (last.step.place if last is not None else None)
    name = recording.name(last) if last is not None else None
    what = f" on {name}" if name else ""
    endless = execution.end is End.ENDLESS
    return Diagnosis(
        kind=Kind.SPINNING,
        summary=(
            f"{task.name} goes on and on{what}: no end within {execution.shared.max_steps} steps"
            if endless
            else f"{task.name} asks again and again{what}, and lets nobody else run meanwhile"
        ),
        proved=not endless,
        mode="explored",
        actors=tuple(
            Actor(
                actor_id(each),
                "MainProcess",
                os.getpid(),
                each.name,
                "running" if each is task else _state(execution, each),
                place if each is task else None,
            )
            for each in sorted(execution.tasks, key=lambda each: each is not task)
            if each is task or each in execution.stood
        ),
        culprits=(place,) if place is not None else (),
    )


# What was covered -------------------------------------------------------------------------------------


def schedule(recording: Recording, number: int, searched: int) -> Schedule:
    """Return the schedule of a failure, with its steps."""
    steps = recording.steps()
    note = f"fails in interleaving {number} of {searched} tried"
    return Schedule(number=number, explored=searched, steps=steps, note=note)


def coverage(portfolio: Portfolio, executions: int, unseen: Sequence[str], *, restoring: bool) -> str:
    """Say what has passed. `restoring`: each execution began with the same globals and arguments."""
    if unseen:
        more = f" and {len(unseen) - 1} more" if len(unseen) > 1 else ""
        return f"{executions} interleavings pass, but not all accesses are seen: {unseen[0]}{more}"
    if not restoring:
        return f"{executions} interleavings pass, each with what the one before left in globals and fixtures"
    if portfolio.exhausted:
        count = portfolio.distinct
        return "its only interleaving passes" if count == 1 else f"all {count} interleavings pass"
    bound = (
        ""
        if portfolio.bound is None
        else f"; all with at most {_count(portfolio.bound, 'preemption')} are among them"
    )
    return f"{executions} interleavings pass, there are more{bound}"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def explored(portfolio: Portfolio, executions: int, note: str, *, done: bool) -> Diagnosis:
    """Return the record of an exploration that found nothing."""
    return Diagnosis(
        kind=Kind.EXPLORED,
        summary=note,
        proved=done,
        mode="explored",
        schedule=Schedule(
            0,
            executions,
            portfolio.distinct if done else None,
            exhausted=done,
            bound=portfolio.bound,
            note=note,
        ),
    )


def always(searched: int, distinct: int | None) -> str:
    """Say that a failure needs no particular interleaving."""
    if distinct == 1:
        return "it fails in its only interleaving"
    every = f"the first {searched}" if distinct is None else f"all {distinct}"
    return f"it fails in {every} interleavings: this needs no particular timing"


def difference(first: Scheduler, second: Scheduler) -> str:
    """Say where two executions of the same schedule went apart."""
    for number, (one, other) in enumerate(zip(first.events, second.events, strict=False), 1):
        if (one.task, one.act) != (other.task, other.act):
            return (
                "the test is not deterministic: the same schedule went another way. "
                f"Step {number}: first {_event(first, one)}, then {_event(second, other)}"
            )
    return (
        "the test is not deterministic: the same schedule ended "
        f"{_ending(first)} the first time, {_ending(second)} the second; "
        "does it build all it uses anew?"
    )


def _event(execution: Scheduler, event: tuple[int, str, object]) -> str:
    name = next((task.name for task in execution.tasks if task.tid == event[0]), "a thread")
    return f"'{event[1]}' in {name}"


def _ending(execution: Scheduler) -> str:
    if execution.problem is not None:
        return f"with {in_words(execution.problem)}"
    return {End.PASSED: "well", End.STUCK: "in a deadlock"}.get(execution.end or End.BROKEN, "otherwise")


def awaits_signal(diagnosis: Diagnosis) -> str:
    """Say why a standstill is no proof."""
    return f"{diagnosis.summary}; but a signal handler is installed, and signals cannot be explored"


def trouble(execution: Scheduler) -> str:
    """Say why an exploration had to give up."""
    if execution.end is End.ESCAPED:
        return str(execution.problem or "a thread escaped control")
    if execution.end is End.DIVERGED:
        return "the test is not deterministic: the same choices led to other steps than before"
    return f"the exploration broke down: {execution.problem!r}"
