"""Judges the processes and pools that a test started, each when whoever started it is over."""

from __future__ import annotations

import gc
import threading
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from pytest_sensei.diagnosis import Diagnosis, Kind, Severity
from pytest_sensei.hooks.left_unheard import LeftUnheard
from pytest_sensei.primitives import births, outcomes, pools
from pytest_sensei.watch import left_pools, left_processes, offspring, procfs
from pytest_sensei.watch.offspring import Left
from pytest_sensei.watch.patience import looks

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from pytest_sensei.diagnosis import Actor
    from pytest_sensei.primitives.runtime import Strand
    from pytest_sensei.watch.household import Household
    from pytest_sensei.watch.left_pools import LeftPool
    from pytest_sensei.watch.offspring import Process, Seen


_UNWINDING = 1.0  # seconds that the threads of an ended pool get
_ANSWER = 0.1  # seconds that waiting processes get to tell where they are


class Remains(NamedTuple):
    """What a test has left running, or ended and not asked about."""

    pools: list[LeftPool]
    processes: list[Left]

    def __bool__(self) -> bool:
        return bool(self.pools or self.processes)


_NOTHING = Remains([], [])


class LeftRunning:
    """Knows which serials the current test has to answer for, and looks at them when it is over."""

    def __init__(self, root: str | None, household: Household) -> None:
        self._root = root
        self._household = household
        self._unheard = LeftUnheard(root, household)
        self._since = 0  # the count of births when the test began
        self._first: int | None = None  # what is started from here on, tests or what they left have started
        self._looked = 0  # the count of births at the last look
        self._saw_nobody = -1  # the count of births at the last look that saw nobody
        self._before: frozenset[Process] = frozenset()
        self._owned: dict[Any, range] = {}  # the serials that came up while a wider fixture was set up
        self._due: list[range] = []  # of wider fixtures that have ended in this test
        self._strays: dict[
            Any, frozenset[Process]
        ] = {}  # of nobody known, there when a wider fixture was set up
        self._due_strays: set[Process] = set()
        self._of_tests: set[Process] = set()  # everything that a test has left
        self._in_test = False
        self._dropped: list[LeftPool] = []  # by all tests: who lives of them may start others

    # -- whose it is

    def begin(self) -> None:
        """A test begins: what lives now is not its own."""
        self._since = births.serial() + 1
        if self._first is None:
            self._first = self._since
        self._in_test = True
        if births.serial() != self._looked or self._before:
            self._before = self._present()
            self._looked = births.serial()
        self._dropped += left_pools.dropped(lambda _: True)
        pools.dropped.clear()

    def end(self) -> None:
        """The test is over; take down what it leaves, for the end of the run."""
        self._due.clear()
        self._due_strays.clear()
        if self._in_test and (births.serial() >= self._since or self._before):
            present = self._present()
            self._before, self._looked, before = present, births.serial(), self._before
            self._of_tests |= present - before
            alive = {pid for pid, _ in present}
            for pid in set(births.known) - alive:  # a service by design is not looked at while it lives
                if procfs.stat(pid) is None and not self._is_fixtures(births.known[pid].serial):
                    del births.known[pid]
            self._unheard.forget()
            self._household.sweep()
        self._in_test = False

    def _present(self) -> frozenset[Process]:
        if self._saw_nobody == births.serial():
            return frozenset()  # and nobody was born since
        return frozenset(seen.key for seen in self._look())

    def _present_strays(self) -> frozenset[Process]:
        """Return who is of nobody known, or may turn out to be."""
        strays = (seen.key for seen in self._look() if seen.descent is None or not seen.descent.serial)
        return frozenset(strays) | self._household.unclear_strays()

    def _look(self) -> list[Seen]:
        found = offspring.look(self._household.root, self._household.folder, self._household.strays())
        self._saw_nobody = births.serial() if not found else -1
        return found

    def _is_fixtures(self, serial: int) -> bool:
        return any(serial in owned for owned in self._owned.values())

    def _concerns_serial(self, serial: int) -> bool:
        if self._is_fixtures(serial):
            return False
        return serial >= self._since or any(serial in due for due in self._due)

    def _concerns(self, seen: Seen, excused: Callable[[Strand], bool]) -> bool:
        serial = seen.descent.serial if seen.descent is not None else 0
        if not serial:
            return self._concerns_stray(seen.key)
        birth = births.known.get(seen.pid)
        if birth is not None and birth.serial == serial and excused(birth.strand):
            return False
        return self._concerns_serial(serial)

    def _concerns_stray(self, key: Process) -> bool:
        if any(key in strays for strays in self._strays.values()):
            return False
        return key not in self._before or key in self._due_strays

    @pytest.hookimpl(wrapper=True)
    def pytest_fixture_setup(self, fixturedef: Any) -> Generator[None, object, object]:
        """What a fixture of wider scope starts is judged when that fixture ends."""
        if fixturedef.scope == "function":
            return (yield)
        first = births.serial() + 1
        try:
            return (yield)
        finally:
            self._owned[fixturedef] = serials = range(first, births.serial() + 1)
            if serials:  # a daemon that was started has lost its parent by now
                self._strays[fixturedef] = self._present_strays() - self._before

    @pytest.hookimpl
    def pytest_fixture_post_finalizer(self, fixturedef: Any) -> None:
        serials = self._owned.pop(fixturedef, None)
        if serials:
            self._due.append(serials)
        self._due_strays |= self._strays.pop(fixturedef, frozenset())

    # -- judging

    def found(
        self, grace: float, severity: Severity, excused: Callable[[Strand], bool], *, told: bool
    ) -> list[Diagnosis]:
        """Return what the test has left running, after a grace in seconds; end it where that is an error.

        `excused` tells of threads whose processes belong to a living fixture. With `told`, the test was broken
        off by a verdict that has said all: what is left is ended, and not reported.
        """
        if severity is Severity.OFF and not told:
            outcomes.failures.clear()
            return []
        remains = self._remains_after(0.0 if told else grace, excused)
        lost = left_pools.dropped(self._concerns_serial)
        found: list[Diagnosis] = []
        if not told:
            pools_left = left_pools.each_once((*lost, *remains.pools))
            found += [left_pools.diagnose(each, self._root) for each in pools_left]
            found += left_processes.diagnose(remains.processes, self._household.home, self._root)
        if self._may_have_left() or outcomes.failures:
            found += self._unheard.found(self._concerns_serial, excused)
        if remains and (told or severity is Severity.ERROR):
            self._end(remains)
        if lost and (told or severity is Severity.ERROR):
            self._end_dropped()
        if told:
            left_pools.let_go_at_exit(self._concerns_serial)
        return found

    def _remains_after(self, grace: float, excused: Callable[[Strand], bool]) -> Remains:
        """Look again and again, in growing pauses; what is still there at the end remains."""
        remains = self._remains(excused)
        if not remains:
            return remains
        self._household.ask()
        # a pool that is collected was leaked all the same, and would end in whatever thread comes across it
        kept = [each for each in remains.pools if not each.may_be_dropped]
        collects = True  # an executor or a manager that nobody has any more ends its processes
        for _ in looks(grace):
            remains = _NOTHING  # an executor that was seen would live on in it
            if collects:
                gc.collect()
            alone = self._is_alone()  # before the look: who ends during it may just have seen to what it saw
            remains = self._remains(excused)
            if not remains or (alone and _stays(remains)):
                break
            collects = any(each.may_be_dropped for each in remains.pools)
        kept.clear()
        return remains

    def _is_alone(self) -> bool:
        """Tell whether no thread lives that may see to anything."""
        return not set(threading.enumerate()) - {threading.current_thread()} - self.threads()

    def _may_have_left(self) -> bool:
        """Tell whether anything was started, or there is anybody who may have started something."""
        return births.serial() >= self._since or bool(self._before or self._due)

    def _remains(self, excused: Callable[[Strand], bool]) -> Remains:
        if not self._may_have_left():
            return _NOTHING
        workers = left_pools.workers_of_all()
        seen = [each for each in self._look() if each.pid not in workers]
        left = offspring.left_over(seen, self._household.root, lambda each: self._concerns(each, excused))
        return Remains(left_pools.left_open(self._concerns_serial), left)

    def whereabouts(self) -> tuple[Actor, ...]:
        """Return where the processes of this test are that still live; who waits is asked to tell."""
        if not self._may_have_left():
            return ()
        self._household.ask()
        mine = [each for each in self._look() if not each.ended and self._concerns(each, lambda _: False)]
        for _ in looks(_ANSWER):
            if self._household.have_told(each.key for each in mine):
                break
        return tuple(left_processes.whereabouts(mine, self._household.home, self._root))

    # -- ending

    def _end(self, remains: Remains) -> None:
        threads = left_pools.end(remains.pools, self._household.break_up_children)
        self._household.break_up(
            [each.key for left in remains.processes for each in (left.seen, *left.below)]
        )
        self._household.reap()
        for _ in looks(_UNWINDING):
            if not any(thread.is_alive() for thread in threads):
                break
        self._household.break_up_descendants(left_pools.born_of(threads))  # while the others were ended

    def _end_dropped(self) -> None:
        every = (*self._dropped, *left_pools.dropped(lambda _: True))
        left_pools.end_dropped(every, self._household.break_up_descendants, _UNWINDING)
        self._household.reap()
        self._dropped.clear()

    def end_survivors(self) -> list[str]:
        """End what the tests have left and nobody has ended yet; return who that was, in words."""
        self.end()
        self._end_dropped()
        alive = [seen for seen in self._look() if self._is_of_a_test(seen) and not seen.ended]
        left = [Left(Kind.LEAKED_PROCESS, seen) for seen in alive]
        open_pools = left_pools.left_open(self._is_later)
        workers = left_pools.workers_of_all()
        told = [each for each in left if each.seen.pid not in workers]
        found = [left_pools.diagnose(each, self._root) for each in open_pools]
        found += left_processes.diagnose(told, self._household.home, self._root)
        self._end(Remains(open_pools, left))
        return [diagnosis.summary for diagnosis in found]

    def _is_of_a_test(self, seen: Seen) -> bool:
        """Tell whether a test has left a process, or a thread that a test has left has started it."""
        return seen.key in self._of_tests or (
            seen.descent is not None and self._is_later(seen.descent.serial)
        )

    def _is_later(self, serial: int) -> bool:
        return self._first is not None and serial >= self._first

    def threads(self) -> set[threading.Thread]:
        """Return the threads that are part of a pool: the pool is judged, not they."""
        return left_pools.threads_of_all()


def _stays(remains: Remains) -> bool:
    """Tell whether patience is no use where nobody lives to see to it: what has ended or is open stays so."""
    if any(left.is_ending for left in remains.pools):
        return False
    return all(left.kind is Kind.ZOMBIE for left in remains.processes)
