"""Owns every switch between the tasks of one execution."""

from __future__ import annotations

import enum
import sys
import threading
from concurrent.futures import thread as futures_thread
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple, NoReturn, Protocol

from pytest_sensei.explore import operation as op
from pytest_sensei.explore.access import ABSENT, ANY, DELETE, READ, Access
from pytest_sensei.explore.dpor import Diverged
from pytest_sensei.explore.operation import Event, Key, Operation, happened
from pytest_sensei.explore.sharing import Epochs, FieldName, Names, Track, conflict, scope_of
from pytest_sensei.explore.task import IDLE_TICKS, Path, Pool, Task, Unwind
from pytest_sensei.primitives.runtime import Lockable, current_strand, get_ident, monotonic, real_sleep
from pytest_sensei.primitives.undisturbed import local_variables
from pytest_sensei.watch.places import user_frame
from pytest_sensei.watch.services import is_runner_service

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Sequence
    from types import FrameType, TracebackType

LOOKS = 6  # the same operation so often, without progress: it may be a loop that waits
ROUNDS = 20  # so many rounds of it in a row with all variables the same: it is one, and does not make room
REPEATS = 40  # with variables that change it may end by itself; others go first
SPINS = 25  # let go on so often though nothing had changed and nobody else could run: it spins for ever
IDLE_ROUNDS = 40  # times that a task made room, and nobody wanted it
STREAK = 400  # schedule points in a row after which somebody else is preferred
AFTERWARDS = 500  # steps that the others may make when the test has raised
OUTSIDERS = 2.0  # seconds of real time that a thread outside the exploration gets to let one of ours go on
WINDING = 2.0  # seconds of real time for a task to unwind
HEADROOM = 60  # frames that we and the strategies need at most
UNWINDINGS = 50  # a task that catches its end so often is left behind


class End(enum.Enum):
    """How an execution ended."""

    PASSED = "passed"
    RAISED = "raised"  # the test itself raised
    DIED = "died"  # a thread died of an exception
    STUCK = "stuck"  # nobody can run, and the test waits
    LEFT = "left"  # the test has ended, and threads wait for ever
    SPINNING = "spinning"
    ENDLESS = "endless"  # more steps than allowed
    ESCAPED = "escaped"  # a task waits for something that is not under control
    DIVERGED = "diverged"  # the same choices led elsewhere
    LEARNED = "learned"  # cut short: it has shown that more fields are shared than was known
    BROKEN = "broken"  # a mistake of ours


class Switch(NamedTuple):
    """The task `number`, at its `ticks`-th announcement, makes room for the task `to`."""

    number: int
    ticks: int
    to: int


class Strategy(Protocol):
    """Who goes next."""

    def begin(self, scheduler: Scheduler) -> None:
        """An execution starts."""

    def choose(self, enabled: Sequence[Task], preferred: Task, scheduler: Scheduler) -> Task:
        """Return one of the enabled tasks; `preferred` is who goes on when nobody cares."""

    def choose_value(self, options: int, scheduler: Scheduler) -> int:
        """Return a number below `options`."""


class Recorder(Protocol):
    """Wants to see each step, on the thread that does it."""

    def step(self, scheduler: Scheduler, task: Task, operation: Operation, value: object) -> None: ...

    def notified(self, task: Task, condition: object) -> None:
        """The current task is about to notify a condition, whether anybody waits or not."""

    def failed(self) -> None:
        """The test has raised; what follows the others do without it."""

    def ended(self, scheduler: Scheduler) -> None:
        """Nobody can run any more: all tasks still stand where they are."""


@dataclass(slots=True)
class Shared:
    """What the executions of one exploration have in common."""

    pool: Pool
    clock: float = 0.0
    active: set[FieldName] = field(default_factory=set)
    tids: dict[Path, int] = field(default_factory=lambda: {(): 0})
    any_timeouts: bool = False
    max_steps: int = 20_000
    excepthook: object = None
    deep: bool = False  # somebody recurses up to the limit: make sure of our own frames beforehand


class Scheduler:
    """The tasks of one execution: of those that can run, the strategy decides which one does."""

    def __init__(
        self,
        shared: Shared,
        strategy: Strategy,
        wanted: dict[tuple[int, int], int] | None = None,
        recorder: Recorder | None = None,
    ) -> None:
        self.shared = shared
        self.strategy = strategy
        self.wanted = wanted  # announcements that are schedule points whatever field they touch
        self.recorder = recorder
        self.now = shared.clock
        self.events: list[Event] = []
        self.pauses: list[int] = []  # numbers of events before which time passed
        self.overdue: list[int] = []  # numbers of events that waited for it
        self.switches: list[Switch] = []
        self.learned: set[FieldName] = set()
        self.tasks: list[Task] = []
        self.live: list[Task] = []
        self.by_ident: dict[int, Task] = {}
        self.by_thread: dict[int, Task] = {}
        self.end: End | None = None
        self.culprit: Task | None = None  # whose exception, spin or escape ended it
        self.problem: BaseException | None = None
        self.raised: BaseException | None = None  # by the test itself, whatever became of its threads
        self.verdict: tuple[End, Task, BaseException | None] | None = None  # known before the end
        self.most_steps = shared.max_steps
        self.over = False
        self.interruption: Callable[[], None] | None = None
        self.position = (0, 0)  # the task that arrives at a schedule point, and its ticks
        self.stood: list[Task] = []  # who had not ended when the execution did
        self.main_trace: TracebackType | None = None  # of the test's body where it was unwound
        self.deepened = False  # the limit of recursion was met in the middle of our own code
        self.lost = 0  # threads that could not be ended
        self.tracks: dict[tuple[int, Hashable], Track] = {}
        self.versions: dict[Key, tuple[int, int]] = {}
        self.names = Names()
        self.main = self._main()
        self.running = self.main

    def _main(self) -> Task:
        task = Task(0, 0, (), threading.current_thread(), Epochs(0, {}))
        task.strand = current_strand()
        task.ident = get_ident()
        self.by_ident[task.ident] = task
        self.tasks.append(task)
        self.live.append(task)
        return task

    # Schedule points ----------------------------------------------------------------------------------

    def access(self, obj: object, field: Hashable, kind: Access, value: object) -> None:
        """Hear of an access in instrumented code: a schedule point if the field is shared and written."""
        task = self.by_ident.get(get_ident())
        if task is None or self.over:
            if task is self.main and self.interruption is not None:
                self.unwind(task)
            return
        task.ticks = ticks = task.ticks + 1
        scope = scope_of(field)
        track = self.tracks.get((id(obj), scope))
        if track is None:
            track = self._meet(obj, scope)
        if track.active:
            self._touch(task, obj, field, kind, value)
            return
        if conflict(track, task.epochs, writes=kind is not READ):
            self.learned.add(self.names.of(obj, scope))
        if self.wanted is not None and (task.number, ticks) in self.wanted:
            self._touch(task, obj, field, kind, value)
        elif ticks > task.patience:
            self._make_room(task)

    def _touch(self, task: Task, obj: object, field: Hashable, kind: Access, value: object) -> None:
        operation = Operation(op.READ if kind is READ else op.WRITE, (id(obj), field), obj)
        self.point(task, operation, ABSENT if kind is DELETE and field is not ANY else value)

    def _meet(self, obj: object, scope: Hashable) -> Track:
        name = self.names.of(obj, scope)
        track = self.tracks[id(obj), scope] = Track(obj, active=name in self.shared.active)
        return track

    def point(self, task: Task, operation: Operation, value: object = None) -> bool:
        """Stand at an operation until it is this task's turn to do it. Returns whether it was granted."""
        __tracebackhide__ = True
        task.pending = operation
        task.patience = task.ticks + IDLE_TICKS
        if operation.act in _REPEATABLE:
            self._notice_spin(task, operation)
        if self.shared.deep:
            _ensure_frames(HEADROOM)
        try:
            chosen = self._next(task)
        except RecursionError:
            self.shared.deep = self.deepened = True
            self._stop(End.LEARNED, task)
            chosen = None
        if chosen is not task and not (chosen is None and task is self.main):
            let_go_on(chosen or self.main)
            task.gate.acquire()
        if self.over:
            self.unwind(task)
        if self.recorder is not None:
            self.recorder.step(self, task, operation, value)
        return operation.granted

    def _make_room(self, task: Task) -> None:
        """It works for long without a schedule point: perhaps it waits for another task in a loop."""
        if self.learned - self.shared.active:
            self._stop(End.LEARNED, task)
        task.idle = task.idle + 1 if task.idle_since == len(self.events) else 1
        if task.idle > IDLE_ROUNDS:
            self._stop(End.ENDLESS, task)
        self.point(task, Operation(op.SLEEP, None, waits=True, deadline=self.now))
        task.idle_since = len(self.events)

    def value(self, task: Task, options: int) -> int:
        """Return a number below `options`, which the strategy decides."""
        task.ticks += 1
        self.position = (task.number, task.ticks)
        value = self.strategy.choose_value(options, self)
        self.events.append(Event(task.tid, op.CHOOSE, None))
        if value and self.verdict is None:
            self.switches.append(Switch(task.number, task.ticks, value))
        task.ticks += 1  # the schedule point that follows is another one
        return value

    def _next(self, current: Task) -> Task | None:
        """Decide who goes next, and count its operation as done. None: nobody can, or may."""
        self.position = (current.number, current.ticks)
        enabled = self._enabled()
        if not enabled:
            return None
        preferred = self._preferred(enabled, current)
        try:
            chosen = self.strategy.choose(enabled, preferred, self)
        except Diverged as error:
            self._stop(End.DIVERGED, problem=error)
            return None
        except RecursionError:
            raise
        except Exception as error:  # noqa: BLE001  (must reach the test's thread, whichever this is)
            self._stop(End.BROKEN, problem=error)
            return None
        if chosen is not preferred and self.verdict is None:
            self.switches.append(Switch(current.number, current.ticks, chosen.number))
        if chosen is not current:
            chosen.streak = 0
            chosen.rounds.clear()
        chosen.streak += 1
        self.running = chosen
        self._count(chosen)
        return None if self.over else chosen

    def _enabled(self) -> list[Task]:
        if self.over:
            return []
        while True:
            enabled = [t for t in self.live if (t.rest is None and not t.pending.waits) or self._able(t)]
            if enabled or not self.live:
                break
            if not (self._pass_time() or self._rouse() or self._outside()):
                break
        if not enabled:
            self._nobody_can_run()
        return enabled

    def _preferred(self, enabled: list[Task], current: Task) -> Task:
        if current.streak > STREAK or current not in enabled or current.pending.act is op.SLEEP:
            others = [task for task in enabled if task is not current]
            return others[0] if others else enabled[0]
        return current

    def _count(self, task: Task) -> None:
        """Put the operation of `task` down as the next event."""
        operation = task.pending
        act = operation.act
        if operation.expired:
            self.overdue.append(len(self.events))
            act = self._outcome(task, operation)
        elif act in _AT_ONCE:
            act = self._outcome(task, operation)
        self.events.append(happened((task.tid, act, operation.key)))
        if act in _CHANGING:
            last = self.versions.get(operation.key)
            if last is None or last[0] != task.tid:
                self.versions[operation.key] = (task.tid, 1 if last is None else last[1] + 1)
            task.seen.clear()
            task.rounds.clear()
            task.spins = 0
        elif act is op.SLEEP or (operation.expired and self._others_sleep(task)):
            task.seen.clear()
            task.rounds.clear()
        if len(self.events) > self.most_steps:
            self._stop(End.ENDLESS, task)

    def _outcome(self, task: Task, operation: Operation) -> op.Act:
        """Settle what a try, or a wait whose time is up, gets."""
        act, target = operation.act, operation.target
        if act is op.ACQUIRE or act is op.TRY:
            operation.granted = target.available_to(task.strand)  # type: ignore[attr-defined]
            return op.TRY if operation.granted else op.TRIED
        if act is op.LOCKED:
            return op.FREE if target.available_to(task.strand) else op.LOCKED  # type: ignore[attr-defined]
        if act is op.GET or act is op.POLL:
            operation.granted = target.qsize() > 0  # type: ignore[attr-defined]
            return op.POLL if operation.granted else op.POLLED
        if act is op.TAKE or act is op.PEEK:
            operation.granted = target.is_ready(task.strand)  # type: ignore[attr-defined]
            return act
        if act is op.JOIN:
            operation.granted = target.ended  # type: ignore[attr-defined]
            return op.JOIN if operation.granted else op.LOOK
        return act

    # Who can run --------------------------------------------------------------------------------------

    def _able(self, task: Task) -> bool:
        if task.rest is not None:
            if all(self._version(key) == version for key, version in task.rest.items()):
                return False
            task.rest = None
            task.seen.clear()
            task.rounds.clear()
        operation = task.pending
        if not operation.waits or operation.expired:
            return True
        act, target = operation.act, operation.target
        if act is op.ACQUIRE:
            return bool(target.available_to(task.strand))  # type: ignore[attr-defined]
        if act is op.JOIN:
            return bool(target.ended)  # type: ignore[attr-defined]
        if act is op.GET:
            return bool(target.qsize())  # type: ignore[attr-defined]
        return act is op.TAKE and bool(target.is_ready(task.strand))  # type: ignore[attr-defined]

    def _pass_time(self) -> bool:
        """Move the clock to the next deadline. Only when nobody else can run: time decides no race."""
        deadlines = [
            t.pending.deadline for t in self.live if t.pending.deadline is not None and not t.pending.expired
        ]
        if not deadlines:
            return False
        self.now = max(self.now, min(deadlines))
        for task in self.live:
            if task.pending.deadline is not None and task.pending.deadline <= self.now:
                task.pending.expired = True
        self.pauses.append(len(self.events))
        return True

    def _others_sleep(self, task: Task) -> bool:
        """Tell whether it helps to try again later: somebody is asleep who goes on by then."""
        return any(other.pending.act is op.SLEEP for other in self.live if other is not task)

    def _version(self, key: Key) -> int:
        last = self.versions.get(key)
        return 0 if last is None else last[1]

    def _notice_spin(self, task: Task, operation: Operation) -> None:
        """Count what a task does again and again without progress: it makes room, or is told that it spins."""
        what = (operation.act, operation.key)
        task.seen[what] = count = task.seen.get(what, 0) + 1
        if count < LOOKS:
            return
        state = _state_of_user(sys._getframe(2))
        task.rounds[what, state] = rounds = task.rounds.get((what, state), 0) + 1
        if rounds >= ROUNDS:
            self._stop(End.SPINNING, task)
        elif count >= REPEATS:
            keys = [what[1] for what in task.seen]
            task.rest = {key: self._version(key) for key in keys}
            task.seen.clear()

    def _rouse(self) -> bool:
        """Let a spinning task go on though nothing has changed: it may count its rounds."""
        resting = [task for task in self.live if task.rest is not None]
        if not resting:
            return False
        task = min(resting, key=lambda each: each.spins)
        if task.spins >= SPINS:
            self._stop(End.SPINNING, task)
            return False
        task.spins += 1
        task.rest = None
        return True

    def _outside(self) -> bool:
        """Wait for threads that are not under control: they may let one of ours go on. True: it might have."""
        if self.main.ended or not self._has_outsiders():
            return False
        until = monotonic() + OUTSIDERS
        while monotonic() < until and not self.over:
            real_sleep(0.001)
            if any(self._able(task) for task in self.live):
                return True
        self._stop(End.ESCAPED, problem=RuntimeError(_WAITING_FOR_OUTSIDERS))
        return False

    def _has_outsiders(self) -> bool:
        return any(self._is_outsider(ident, thread) for ident, thread in list(threading._active.items()))  # type: ignore[attr-defined]

    def _is_outsider(self, ident: int, thread: threading.Thread) -> bool:
        frame = sys._current_frames().get(ident)
        return (
            ident not in self.by_ident and frame is not None and not is_runner_service(ident, thread, frame)
        )

    def progress(self) -> object:
        """Return something that changes whenever the execution moves."""
        return id(self), len(self.events), self.running.ticks, self.main.raised

    def interrupt(self, interruption: Callable[[], None]) -> None:
        """End the execution: a signal has come. `interruption` is called in the test's thread; it may raise."""
        self.interruption = interruption
        self._stop(End.LEARNED, self.main)

    def escape(self, task: Task, problem: BaseException) -> None:
        """End the execution: a step of `task` takes too long. Called from outside."""
        self._stop(End.ESCAPED, task, problem)

    # The end ------------------------------------------------------------------------------------------

    def _nobody_can_run(self) -> None:
        if self.over:
            return
        if not self.main.ended:
            self._stop(End.STUCK)
        elif all(task.thread in _executor_workers for task in self.live) or self._has_outsiders():
            self._passed()  # those that are left are idle by design, if there are any, or may yet be told to end
        else:
            self._stop(End.LEFT)

    def _passed(self) -> None:
        """The test is over; it has passed unless a thread died and nobody noticed."""
        dead = self._dead()
        if dead is None:
            self._stop(End.PASSED)
        else:
            self._stop(End.DIED, dead, dead.error)

    def _raised(self, error: BaseException) -> None:
        """The test raised. A thread that died before comes first: the test saw what that left behind.

        The other tasks go on for a while: what they would have done tells which orders are worth a try.
        """
        self.raised = error
        dead = self._dead() if isinstance(error, Exception) else None
        verdict = (End.RAISED, self.main, error) if dead is None else (End.DIED, dead, dead.error)
        expected = self.running is self.main and not isinstance(error, _AT_ONCE_OVER)
        if expected and not self.over:
            self.verdict = verdict
            self.most_steps = len(self.events) + AFTERWARDS
            if self.recorder is not None:
                self.recorder.failed()
        else:  # somebody stops us from outside, perhaps while another task runs
            self._stop(*verdict)
            self.end, self.culprit, self.problem = verdict

    def _dead(self) -> Task | None:
        return next((task for task in self.tasks if task.error is not None), None)

    def _stop(self, end: End, culprit: Task | None = None, problem: BaseException | None = None) -> None:
        """End the execution for this reason, unless it has already ended for another."""
        if self.over:
            return
        if self.verdict is not None and end not in (End.DIVERGED, End.BROKEN):
            end, culprit, problem = self.verdict
        self.end, self.culprit, self.problem = end, culprit, problem
        self.stood = list(self.live)
        if self.recorder is not None:
            self.recorder.ended(self)
        self.over = True

    def unwind(self, task: Task) -> NoReturn:
        """End the current task at its operation."""
        __tracebackhide__ = True
        if task is self.main and self.interruption is not None:
            interruption, self.interruption = self.interruption, None
            interruption()
        task.doomed = True
        if task.strand is not None:
            task.strand.doomed = True
        task.raised += 1
        if task.raised > UNWINDINGS and task is not self.main:
            self._lose(task)
        raise Unwind

    def _lose(self, task: Task) -> NoReturn:
        """A task that cannot be ended is left behind, parked for good."""
        task.left_behind = True
        let_go_on(self.main)
        while True:
            task.gate.acquire()

    def leave(self, task: Task) -> None:
        """`task` has ended: somebody else goes on, or the test's own thread when the execution is over."""
        task.ended = True
        if task in self.live:
            self.live.remove(task)
        task.ticks += 1
        chosen = None if self.over else self._next(task)
        let_go_on(chosen or self.main)

    def run(self, body: Callable[[], object]) -> None:
        """Run a test body, and what it starts, to the end; then unwind what is left."""
        self.strategy.begin(self)
        main = self.main
        before = tuple(main.strand or ())
        try:
            body()
        except Unwind as unwinding:
            self.main_trace = unwinding.__traceback__
        except BaseException as error:  # noqa: BLE001  (it is the result)
            self._raised(error)
        self.leave(main)
        while not self.over:
            main.gate.acquire()
        for task in list(self.live):
            self._wind_up(task)
        for task in self.tasks:
            give_back_locks(task, before)
        del self.by_ident[main.ident]
        if main.strand is not None:
            main.strand.doomed = False

    def _wind_up(self, task: Task) -> None:
        """Make a task end that has not: it unwinds at the operation where it stands.

        One that was not standing at its gate is in a call that we do not control; it unwinds when that returns.
        """
        let_go_on(task)
        until = monotonic() + WINDING
        while task in self.live and not task.left_behind and (left := until - monotonic()) > 0:
            self.main.gate.acquire(timeout=left)
        if task in self.live:
            self.lost += 1


def _ensure_frames(count: int) -> None:
    """Raise `RecursionError` now, before anything has changed, if so many frames would be too deep."""
    if count:
        _ensure_frames(count - 1)


def let_go_on(task: Task) -> None:
    """Open a task's gate. It may be open: beside a task that escaped control, two may come to do so."""
    try:
        task.gate.release()
    except RuntimeError:
        return  # it is open


def give_back_locks(task: Task, but: Sequence[Lockable]) -> None:
    """Let go what a task still held at its end: nothing that one execution took may be missing in the next."""
    for lock in tuple(task.strand or ()):
        if not any(lock is other for other in but):
            lock._at_fork_reinit()


def _state_of_user(frame: FrameType) -> object:
    """Return what tells one round of a loop from the next: the place in the user's code, and its variables."""
    user = user_frame(frame)
    if user is None:
        return None
    return (
        user.f_code,
        user.f_lasti,
        tuple((name, id(value)) for name, value in local_variables(user).items()),
    )


_WAITING_FOR_OUTSIDERS = (
    "the test waits for a thread that was started before it, in a fixture perhaps: "
    "only threads that the test starts itself can be explored"
)
_executor_workers = futures_thread._threads_queues
_AT_ONCE_OVER = (KeyboardInterrupt, SystemExit, GeneratorExit)
_AT_ONCE = frozenset({op.TRY, op.POLL, op.LOCKED, op.PEEK})
_REPEATABLE = frozenset({op.READ, op.LOCKED, op.TRY, op.LOOK, op.POLL, op.ACQUIRE, op.PEEK})
_CHANGING = frozenset({op.WRITE, op.PUT, op.START, op.END, op.TAKE, op.GIVE})
