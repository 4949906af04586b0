"""Explores the interleavings of a test: until one fails, all have passed, or the budget is spent."""

from __future__ import annotations

import enum
import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from pytest_sensei.diagnosis import Deadlock, Diagnosis, Kind
from pytest_sensei.explore import telling
from pytest_sensei.explore.environment import World, held_still, uses_thread_locals
from pytest_sensei.explore.execution import Execution
from pytest_sensei.explore.portfolio import Portfolio
from pytest_sensei.explore.recording import Recording
from pytest_sensei.explore.scheduler import End, Shared, Strategy, Switch
from pytest_sensei.explore.shrink import shrink
from pytest_sensei.explore.strategies import Guided
from pytest_sensei.explore.task import Pool
from pytest_sensei.primitives.runtime import monotonic as _now

if TYPE_CHECKING:
    import types

    from pytest_sensei.explore.config import ExploreConfig
    from pytest_sensei.explore.kept import Kept

Body = Callable[[], object]


class Outcome(enum.Enum):
    """What an exploration has shown."""

    FAILED = "failed"  # with a proof
    EXHAUSTED = "exhausted"  # all distinct interleavings passed
    WITHIN_BUDGET = "within budget"  # those tried passed
    NONDETERMINISTIC = "nondeterministic"
    ESCAPED = "escaped"  # something is not under control
    BROKEN = "broken"  # a mistake of ours


@dataclass(slots=True)
class Subject:
    """What is explored: the body of a test, the code under test, and what the test is called with."""

    body: Body
    modules: list[types.ModuleType]
    given: list[object]
    left: Kept | None = None  # what has changed with the first execution of all


@dataclass(slots=True)
class ExploreResult:
    """What came of it. `error` is to be raised on in the test, `note` to be told."""

    outcome: Outcome
    note: str
    error: BaseException | None = None
    diagnosis: Diagnosis | None = None
    switches: tuple[Switch, ...] = ()
    number: int = 0  # of the first failing schedule
    executions: int = 0
    distinct: int | None = None
    seconds: float = 0.0
    uncovered: list[str] = field(default_factory=list)

    def with_token(self, token: str | None) -> Diagnosis:
        """Return the diagnosis with the token that replays it."""
        assert self.diagnosis is not None
        schedule = self.diagnosis.schedule
        if schedule is None or token is None:
            return self.diagnosis
        return replace(self.diagnosis, schedule=replace(schedule, token=token))


def explore_test(
    body: Body, config: ExploreConfig, modules: Iterable[types.ModuleType], given: Iterable[object] = ()
) -> ExploreResult:
    """Run `body` under control, again and again. The functions of `modules` are instrumented.

    What `modules`, and the arguments in `given`, keep is put back before each execution.
    """
    subject = Subject(body, list(modules), list(given))
    result = _explore(subject, config)
    if result.outcome is not Outcome.NONDETERMINISTIC or config.lasting_ids:
        return result
    again = _explore(subject, replace(config, lasting_ids=True))
    if not _is_explained(again) and subject.left is not None:
        subject.left.restore()  # with half of the rest out of reach it may not be able to begin once more
        again = _explore(subject, replace(config, restoring=False))
    return again if _is_explained(again) else result


def _is_explained(result: ExploreResult) -> bool:
    """Tell whether one exploration clears up what looked like chance in another: some schedules passed there."""
    if result.outcome is Outcome.FAILED:
        return result.diagnosis is not None and result.diagnosis.kind is not Kind.LOST_EXCEPTION
    return result.outcome is not Outcome.NONDETERMINISTIC


def _explore(subject: Subject, config: ExploreConfig) -> ExploreResult:
    modules = subject.modules
    pool = Pool(reuse=not uses_thread_locals(modules))
    started = _now()
    with held_still(
        modules,
        quiet=config.quiet,
        lasting_ids=config.lasting_ids,
        given=subject.given if config.restoring else None,
        root=config.root,
    ) as world:
        exploration = Exploration(world, subject.body, config, pool)
        try:
            result = exploration.result()
        finally:
            pool.close(exploration.lost)
        result.uncovered = world.coverage.uncovered
        if result.outcome is Outcome.NONDETERMINISTIC:
            subject.left = subject.left or world.left
            world.restore()  # it is explored once more
    result.seconds = _now() - started
    result.executions = exploration.executions
    return result


class Exploration:
    """The executions of one test body, and what they have shown so far."""

    def __init__(self, world: World, body: Body, config: ExploreConfig, pool: Pool) -> None:
        self.config = config
        self.executions = 0
        self.lost = 0
        self._world = world
        self._body = body
        self._shared = Shared(
            pool,
            any_timeouts=config.timeouts == "any",
            max_steps=config.max_steps,
            excepthook=threading.excepthook,
        )
        self._deadline = _now() + config.max_seconds

    def run(
        self,
        strategy: Strategy,
        wanted: dict[tuple[int, int], int] | None = None,
        recording: Recording | None = None,
    ) -> Execution:
        """Run the body once."""
        execution = Execution(self._shared, strategy, wanted, recording)
        self._world.run(execution, self._body)
        self.executions += 1
        self.lost += execution.lost
        return execution

    def follow(self, switches: Iterable[Switch], recording: Recording | None = None) -> Execution:
        """Run the body once by a given schedule."""
        guided = Guided(switches)
        execution = self.run(guided, guided.switches, recording)
        self._shared.active |= execution.learned  # switches hold wherever there are schedule points
        return execution

    def result(self) -> ExploreResult:
        """Explore, and tell what came of it."""
        config = self.config
        if config.only is not None:
            return self._replayed(config.only)
        if config.first is not None:
            execution = self.follow(config.first)
            if failed(execution):
                return self._report(execution, known=True)
        return self._search()

    def _search(self) -> ExploreResult:
        portfolio = Portfolio(self.config)
        failure: Execution | None = None
        passes: Execution | None = None
        passed: Execution | None = None  # before all was known that threads share
        count = number = 0
        for execution in self.executions_of(portfolio):
            count += 1
            if execution.end in _HOPELESS or (execution.end is End.RAISED and is_verdict(execution.problem)):
                return self._gave_up(execution)
            if execution.end is End.PASSED:
                if execution.learned - self._shared.active:
                    passed = execution
                else:
                    passes = execution
            elif not failed(execution) or self._is_early(execution):
                continue
            elif failure is None:
                failure = execution
                number = count
            if failure is not None and self._is_enough(failure, passes, count - number):
                break
        if failure is not None:
            distinct = portfolio.distinct if portfolio.exhausted else None
            result = self._report(failure, number=number, passes=passes or passed, distinct=distinct)
            result.number = number
            return result
        return self._passed(portfolio)

    def _is_early(self, execution: Execution) -> bool:
        """Tell whether it failed by what will not be so again: an exploration learns as it goes.

        A loop may have been called a spin though it was doing something that had not been noticed yet.
        """
        return execution.deepened or (
            execution.end in (End.SPINNING, End.ENDLESS) and bool(execution.learned - self._shared.active)
        )

    def _is_enough(self, failure: Execution, passes: Execution | None, later: int) -> bool:
        """Tell whether to stop looking for an interleaving that passes, to tell a race from a plain mistake."""
        return passes is not None or failure.end not in _IN_CODE or later > LOOK_FOR_A_PASS

    def executions_of(self, portfolio: Portfolio) -> Iterator[Execution]:
        """Run the portfolio's schedules until they, or the means, come to an end."""
        while not portfolio.finished and (spent := self._spent()) < 1:
            execution = self.run(portfolio.next(spent))
            new = execution.learned - self._shared.active
            yield execution
            if new or execution.deepened:
                self._shared.active |= new  # more schedule points from now on: begin the search again
                portfolio.restart()
            else:
                portfolio.learn(execution)

    def _spent(self) -> float:
        """Return which part of the budget is gone: of the schedules or of the time, whichever is more."""
        config = self.config
        schedules = self.executions / config.max_schedules if config.max_schedules else 1.0
        time = 1 - (self._deadline - _now()) / config.max_seconds if config.max_seconds else 1.0
        return max(schedules, time)

    def _passed(self, portfolio: Portfolio) -> ExploreResult:
        unseen = self._world.coverage.uncovered
        note = telling.coverage(portfolio, self.executions, unseen, restoring=self.config.restoring)
        done = portfolio.exhausted and not unseen and self.config.restoring
        return ExploreResult(
            Outcome.EXHAUSTED if done else Outcome.WITHIN_BUDGET,
            note,
            diagnosis=telling.explored(portfolio, self.executions, note, done=done),
            distinct=portfolio.distinct if done else None,
        )

    def _gave_up(self, execution: Execution) -> ExploreResult:
        outcome = (
            _HOPELESS.get(execution.end, Outcome.FAILED) if execution.end is not None else Outcome.BROKEN
        )
        if execution.end is End.RAISED:
            return ExploreResult(Outcome.FAILED, "", error=execution.problem)
        return ExploreResult(outcome, telling.trouble(execution), error=execution.problem)

    # Telling of a failure -----------------------------------------------------------------------------

    def _report(
        self,
        failure: Execution,
        *,
        number: int = 1,
        passes: Execution | None = None,
        distinct: int | None = None,
        known: bool = False,
    ) -> ExploreResult:
        """Replay a failure, make it small, and explain it. `known`: that it is a race was shown in an earlier run."""
        searched = self.executions
        for first in (failure, passes) if passes is not None and failure.end in _IN_CODE else (failure,):
            again = self.follow(first.switches)
            if not same_failure(first, again):
                note = telling.difference(first, again)
                return ExploreResult(Outcome.NONDETERMINISTIC, note, error=failure.problem)
        smallest = shrink(
            tuple(failure.switches), lambda switches: self._fails_alike(failure, switches), self._deadline
        )
        races = known or passes is not None
        return self._explained(smallest, failure, number, searched, passes=races, distinct=distinct)

    def _fails_alike(self, failure: Execution, switches: tuple[Switch, ...]) -> tuple[Switch, ...] | None:
        execution = self.follow(switches)
        return tuple(execution.switches) if same_failure(failure, execution) else None

    def _explained(
        self,
        switches: tuple[Switch, ...],
        failure: Execution,
        number: int,
        searched: int,
        *,
        passes: bool,
        distinct: int | None,
    ) -> ExploreResult:
        recording = Recording(self.config.root)
        execution = self.follow(switches, recording)
        if not same_failure(failure, execution):
            note = telling.difference(failure, execution)
            return ExploreResult(Outcome.NONDETERMINISTIC, note, error=failure.problem)
        error = execution.problem
        diagnosis = telling.diagnose(execution, recording, passes=passes)
        if diagnosis is None:  # it fails whatever the threads do: nothing to add to the exception itself
            note = telling.always(searched, distinct)
            return ExploreResult(Outcome.FAILED, note, error, switches=switches)
        if diagnosis.kind is Kind.STALLED and not diagnosis.proved:
            return ExploreResult(Outcome.ESCAPED, telling.awaits_signal(diagnosis), error)
        schedule = telling.schedule(recording, number, searched)
        diagnosis = replace(diagnosis, schedule=schedule)
        if execution.end in _STANDSTILL and diagnosis.kind.group.value == "deadlocks":
            error = Deadlock(diagnosis).with_traceback(execution.main_trace)
        if diagnosis.kind is Kind.LOST_EXCEPTION:
            error = execution.raised  # how bad it is that nobody heard of the other one is a setting
        return ExploreResult(Outcome.FAILED, schedule.note or "", error, diagnosis, switches)

    def _replayed(self, switches: tuple[Switch, ...]) -> ExploreResult:
        self.follow(switches)  # shows which fields are shared: the next one knows from the start
        execution = self.follow(switches)
        if not failed(execution):
            return ExploreResult(Outcome.WITHIN_BUDGET, "this interleaving passes now", switches=switches)
        return self._explained(switches, execution, 1, 1, passes=True, distinct=None)


def failed(execution: Execution) -> bool:
    """Tell whether an execution shows something wrong."""
    return execution.end not in (End.PASSED, End.LEARNED)


def is_verdict(error: BaseException | None) -> bool:
    """Tell whether a test ended in a way that no other schedule would change: skipped, stopped by hand or by time."""
    return error is not None and telling.is_final(error)


def same_failure(one: Execution, other: Execution) -> bool:
    """Tell whether two executions failed in the same way."""
    if one.end is not other.end or type(one.problem) is not type(other.problem):
        return False
    return telling.failing_line(one.problem) == telling.failing_line(other.problem)


LOOK_FOR_A_PASS = 60  # interleavings after the first failure
_HOPELESS = {End.ESCAPED: Outcome.ESCAPED, End.DIVERGED: Outcome.NONDETERMINISTIC, End.BROKEN: Outcome.BROKEN}
_IN_CODE = (End.RAISED, End.DIED)
_STANDSTILL = (End.STUCK, End.LEFT)
