"""The watched runtime: a waiter whom nothing moves looks around, proves a knot, and tells its victims."""

from __future__ import annotations

import os
import sys
import threading
import time
import traceback
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from pytest_sensei.diagnosis import Deadlock, Diagnosis
from pytest_sensei.primitives import births, handovers, locks, runtime
from pytest_sensei.primitives.selecting import Selecting
from pytest_sensei.primitives.threads import strand_of
from pytest_sensei.primitives.undisturbed import no_collection
from pytest_sensei.watch import event_loops, fates, graph, ledger, membership, natives, order, verdict
from pytest_sensei.watch.glance import glance
from pytest_sensei.watch.leaks import Ended
from pytest_sensei.watch.lost import LostException, is_nobody_s_business
from pytest_sensei.watch.notes import actor_id
from pytest_sensei.watch.source import taken_text
from pytest_sensei.watch.timeouts import is_timeout

if TYPE_CHECKING:
    from collections.abc import Hashable
    from types import CodeType, TracebackType

    from pytest_sensei.primitives.runtime import Lockable, Strand, Waiting
    from pytest_sensei.watch.household import Household, Process
    from pytest_sensei.watch.ledger import Ledger
    from pytest_sensei.watch.verdicts import FamilyVerdict

FIRST_SLICE = 0.02  # seconds until a waiter looks for the first time
NEXT_SLICE = 0.05  # seconds between its later looks; also the longest a victim waits to be told
SECOND_LOOK = 0.01  # seconds between the two looks of a proof
OVERTIME = 5.0  # seconds that a test gets, whose time is up, to leave what it waits for on its way out
SHARE = 15  # of the time, looking takes at most one part in so many, however many wait


@dataclass(frozen=True, slots=True)
class Suspicion:
    """A knot seen once: the waits that form it, and when."""

    waits: frozenset[int | str]
    seen: float


class Watching:
    """What is known of the test that runs now. One object for the session, reset for each test."""

    def __init__(self, root: str | None, household: Household | None = None) -> None:
        self._root = root
        self._household = household
        self._looking = locks.raw_lock()
        self._suspicion: Suspicion | None = None
        self._fruitless: Hashable = None  # what a look that found nothing was based on
        self._next_look = 0.0
        self._hurried = 0  # the wait for which the test's processes were ended
        self._order = order.OrderBook()
        self._baseline: frozenset[Strand] = frozenset()
        self._victims: list[Strand] = []
        self._given: Diagnosis | None = None  # the test's last verdict
        self._doomed_processes: set[Process] = set()
        self.main = runtime.current_strand()
        self._hears = False  # the main thread is in code of the test's: what was proved may be raised there
        self.proving = False  # verdicts are given only while a test runs and deadlocks are looked for
        self.diagnoses: list[Diagnosis] = []
        self.lost: list[LostException] = []
        self._others: list[LostException] = []  # of threads that were there before the test
        self.fails_on_lost = False

    # -- the test's life, called by the plugin

    def begin(self, *, proving: bool) -> None:
        """A test begins: whoever lives now was there before and is not its to unwind."""
        self.main = runtime.current_strand()
        self.main.doomed = False
        self._suspicion = None
        self._fruitless = None
        self._order.clear()
        handovers.listen_with(None)
        self._baseline = frozenset(runtime.strands.values())
        self._victims = []
        self._given = None
        self._hurried = 0
        self._doomed_processes = set()
        self.diagnoses = []
        self.lost = []
        self._others = []
        self.proving = proving
        if self._household is not None:
            self._household.begin(proving=proving)

    def end(self) -> None:
        """The test is over: no more verdicts."""
        self.proving = False
        handovers.listen_with(None)
        if self._household is not None:
            self._household.end()
        self.main.doomed = False

    def victims(self) -> list[Strand]:
        """Return the threads that were told to unwind and have not ended yet."""
        return [strand for strand in self._victims if not strand.ended]

    @property
    def has_broken_off(self) -> bool:
        """Tell whether the test was broken off by a proof, or its processes because its time was up."""
        return self._given is not None or self._hurried != 0

    def inversions(self) -> list[Diagnosis]:
        """Return the lock orders of this test that could have met as a deadlock."""
        if self._given is not None:
            return []  # the deadlock itself says it better
        found: dict[tuple[object, ...], Diagnosis] = {}
        for first, second in self._order.inversions:
            names = (self._lock_name(first.outer, first), self._lock_name(first.inner, first))
            diagnosis = order.diagnose(first, second, names, self._root)
            if diagnosis is not None:
                found.setdefault(diagnosis.culprits, diagnosis)
        return list(found.values())

    def _lock_name(self, lock: Lockable, nesting: order.Nesting) -> str:
        at = nesting.outer_at if lock is nesting.outer else nesting.inner_at
        return taken_text(*at) or "a lock"

    # -- the interface to the primitives

    def slice_for(self, wait: Waiting) -> float:
        suspicion = self._suspicion
        if suspicion is not None and wait.serial in suspicion.waits:
            return SECOND_LOOK
        if self._household is not None and self._household.members:
            return membership.slice_for(wait, self._household.members)
        return FIRST_SLICE if runtime.monotonic() - wait.since < FIRST_SLICE else NEXT_SLICE

    def look(self, strand: Strand) -> None:
        __tracebackhide__ = True
        runtime.raise_pending(strand)
        if strand is self.main and strand.wait is not None:
            self._hurry(strand.wait)
        if not self.proving or not self._looking.acquire(False):
            return
        try:
            with no_collection():
                self._look()
        except OSError:
            self._suspicion = None  # what was looked at has been closed meanwhile: somebody moves
        finally:
            self._looking.release()
        runtime.raise_pending(strand)

    def _hurry(self, wait: Waiting) -> None:
        """End a wait in which a test got stuck after its time limit: leaving `with executor` joins the workers.

        First the test's processes go, for whose end it may wait; if that was not it, the limit is raised once more.
        """
        error = sys.exc_info()[1]  # of whoever unwinds, while it waits
        if error is None or not is_timeout(error):
            return
        overtime = runtime.monotonic() - wait.since
        if overtime > 2 * OVERTIME:
            raise error
        if overtime > OVERTIME and wait.serial != self._hurried and self._household is not None:
            self._hurried = wait.serial
            self._household.break_up_test()

    def _look(self) -> None:
        """Look, unless that would be in vain: somebody did just now, or nothing is different since."""
        if not self._suspects() and runtime.monotonic() < self._next_look:
            return
        began = time.thread_time()
        seen = glance(self.main) if not births.known else None  # of children, a glance tells nothing
        if seen is None or seen != self._fruitless:
            self._judge()
            self._fruitless = seen if self._suspicion is None else None
        pause = min(SHARE * (time.thread_time() - began), NEXT_SLICE)
        self._next_look = runtime.monotonic() + pause

    def _suspects(self) -> bool:
        """Tell whether a knot was seen once, of threads or of processes: the second look is not to wait."""
        return self._suspicion is not None or (self._household is not None and self._household.suspects)

    def _judge(self) -> None:
        """Look once; a knot that the look before saw with the very same waits is proven."""
        now = ledger.read()
        members, evidence = _stuck(now)
        if not members:
            self._suspicion = None
            self._look_at_family(now)
            return
        waits = evidence.union(_serial(now, actor) for actor in members)
        before, moment = self._suspicion, runtime.monotonic()
        if before is None or before.waits != waits:
            self._suspicion = Suspicion(waits, moment)
        elif moment - before.seen >= SECOND_LOOK / 2 and ledger.have_tried_since(now, members, before.seen):
            self._suspicion = None
            self._proven(now, members)

    def _proven(self, now: Ledger, members: frozenset[str]) -> None:
        strands = [party.strand for actor in members if (party := now.parties[actor]).strand is not None]
        if self._given is not None and any(strand.doomed or strand in self._victims for strand in strands):
            diagnosis = self._given  # a victim that got stuck again on its way out
        elif not any(self.is_ours(strand) for strand in strands):
            return
        else:
            diagnosis = self._with_deaths(verdict.diagnose(now, members, self._root))
            self.diagnoses.append(diagnosis)
            self._given = diagnosis
        self._tell(diagnosis, [strand for strand in strands if self.is_ours(strand)])

    def _with_deaths(self, diagnosis: Diagnosis) -> Diagnosis:
        """Tell of threads of fixtures, say, that died during the test: it may wait for one of them."""
        return replace(diagnosis, details=(*diagnosis.details, *(each.text() for each in self._others)))

    def _look_at_family(self, now: Ledger) -> None:
        verdict = self._household.look(now) if self._household is not None else None
        if verdict is not None:
            self._proven_in_family(verdict, now)

    def phase_begins(self) -> None:
        """The main thread goes into code of the test's."""
        self._hears = True

    def phase_ends(self) -> None:
        """Take in what was proved while the main thread did not wait: it need not be told any more."""
        with self._looking:  # nobody is about to tell it
            self._hears = False
            self.main.pending = None
            then, self.main.afterwards = self.main.afterwards, None
        if then is not None:
            then()
        verdict = self._household.given() if self._household is not None else None
        if verdict is not None:
            self._proven_in_family(verdict, ledger.read())
            self._break_up()

    def _proven_in_family(self, verdict: FamilyVerdict, now: Ledger) -> None:
        assert self._household is not None
        me = os.getpid()
        parties = {actor_id(me, party.id): party for party in now.parties.values()}
        strands = [
            strand
            for actor in verdict.actors
            if actor in parties and (strand := parties[actor].strand) is not None and self.is_ours(strand)
        ]
        theirs = self._household.of_this_test(verdict.processes)
        if not strands and not theirs:
            return
        if self._given is None:
            self._given = self._with_deaths(fates.told_in(verdict.diagnosis))
            self.diagnoses.append(self._given)
        self._doomed_processes.update(theirs)
        self._tell(self._given, strands)

    def _break_up(self) -> None:
        """End the processes that are in a knot, so that nothing of what unwinds waits for them."""
        if self._doomed_processes and self._household is not None:
            doomed, self._doomed_processes = self._doomed_processes, set()
            self._household.break_up(doomed)

    def is_ours(self, strand: Strand) -> bool:
        """Tell whether a thread is the test's: the main one, or started by it."""
        return strand is self.main or strand not in self._baseline

    def _tell(self, diagnosis: Diagnosis, strands: list[Strand]) -> None:
        """Tell the main thread first: the others' unwinding would let it slip on before it knew."""
        others = [strand for strand in strands if strand is not self.main]
        self._victims.extend(strand for strand in others if strand not in self._victims)
        if self._hears:
            self.main.pending = Deadlock(diagnosis).with_traceback(_trace_of(self.main.wait))
        if self._hears and self.main.wait is not None:
            self.main.afterwards = lambda: self._release(others, diagnosis)
        else:
            self._release(others, diagnosis)

    def _release(self, others: list[Strand], diagnosis: Diagnosis) -> None:
        """Have all the others unwind: the main thread knows."""
        self._break_up()
        for strand in others:
            strand.pending = Deadlock(diagnosis)

    def moved_on(self, _wait: Waiting) -> None:
        if self._household is not None:
            self._household.moved_on()

    def ordered(self, strand: Strand, lock: Lockable, code: CodeType, lasti: int) -> None:
        if not self.proving:
            return
        self._order.nested(strand, _name_of(strand), lock, code, lasti)
        if not self._order.is_empty and runtime.explorer is None:
            handovers.listen_with(self._order)

    def passed_on(self, giver: Strand, taker: Strand) -> None:
        self._order.passed_on(giver, taker)

    def thread_failed(self, thread: object, error: BaseException) -> bool:
        if isinstance(error, (Deadlock, Ended)):
            traceback.clear_frames(error.__traceback__)  # what it had in hand must not wait for the collector
            return True  # told by us, and gone
        if not isinstance(thread, threading.Thread) or is_nobody_s_business(error):
            return False
        strand = strand_of.get(thread)
        if strand is None:
            return False
        if strand in self._baseline:
            self._others.append(LostException.of(thread, error, self._root))
            return False
        if strand in self._victims:
            return True  # what became of it when the others gave way is no news
        if self._given is None:  # else it may well die of what breaking off the test has closed
            self.lost.append(LostException.of(thread, error, self._root))
        return self.fails_on_lost


def _stuck(now: Ledger) -> tuple[frozenset[str], frozenset[int | str]]:
    """Return a knot, if there is one, and the evidence that native threads wait as well, where there are any."""
    members = graph.knot(now.situation)
    if not members and now.only_natives:
        members = graph.knot(now.if_natives_wait())
        evidence = natives.asleep() if members else None
        if evidence is not None:
            return members, frozenset(evidence)
        return frozenset(), frozenset()
    return members, frozenset()


def _trace_of(wait: Waiting | None) -> TracebackType | None:
    """Return where a wait is that is none of the thread's own code: of a task, if the thread runs an event loop."""
    loop = wait.resource.target if wait is not None and isinstance(wait.resource, Selecting) else None
    return event_loops.trace(loop) if event_loops.is_event_loop(loop) else None


def _serial(now: Ledger, actor: str) -> int:
    wait = now.parties[actor].wait
    return wait.serial if wait is not None else 0


def _name_of(strand: Strand) -> str:
    thread = threading._active.get(strand.ident)  # type: ignore[attr-defined]
    return thread.name if thread is not None else f"thread {strand.ident}"
