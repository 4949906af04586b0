"""Watches each test: from before its first fixture to after its last."""

from __future__ import annotations

import logging
import os
import threading
import time
import weakref
from types import ModuleType
from typing import TYPE_CHECKING, Any

import pytest

from pytest_sensei import findings
from pytest_sensei.diagnosis import Deadlock, Diagnosis, Group, Severity
from pytest_sensei.hooks import tracebacks
from pytest_sensei.hooks.katas import kata_of_item
from pytest_sensei.hooks.last_resort import LastResort
from pytest_sensei.hooks.left_running import LeftRunning
from pytest_sensei.hooks.time_limits import TASKS
from pytest_sensei.primitives import runtime
from pytest_sensei.primitives.threads import origins, strand_of
from pytest_sensei.settings import Settings, grace, settings_for
from pytest_sensei.watch import leaked_ends, leaks, lost, services, spinning, timeouts
from pytest_sensei.watch.household import Household
from pytest_sensei.watch.watching import Watching

if TYPE_CHECKING:
    from collections.abc import Generator

    from pytest_sensei.hooks.left_open import LeftOpen
    from pytest_sensei.primitives.runtime import Strand

SETTINGS = pytest.StashKey[Settings]()
_EXECUTORS = logging.getLogger("concurrent.futures")
_UNWINDING = 1.0  # seconds that victims get to end before they count as leaked


class WatchedTests:
    """Puts the watched runtime behind the primitives for each test, and judges what it saw."""

    def __init__(self, config: pytest.Config, left_open: LeftOpen) -> None:
        self._root = str(config.rootpath)
        self._left_open = left_open
        self._grace = grace(config)
        self._household = Household(self._root)
        self._left_running = LeftRunning(self._root, self._household)
        config.pluginmanager.register(self._left_running, "sensei-left-running")
        self._last_resort = LastResort(self._left_running.end_survivors)
        self._watching = Watching(self._root, self._household)
        self._around: runtime.Watcher | None = None
        self._first = leaks.Alive.now().threads  # who lived before the first test
        self._before = self._first
        self._worked_before = 0.0  # seconds of processor time that the main thread had used before the test
        self._owned: dict[Any, weakref.WeakSet[threading.Thread]] = {}
        self._roots: dict[Any, frozenset[int]] = {}  # of the threads of living fixtures
        self._due: weakref.WeakSet[threading.Thread] = weakref.WeakSet()

    @pytest.hookimpl
    def pytest_sessionstart(self, session: pytest.Session) -> None:
        self._around = runtime.watcher  # of a run inside of whose test this one is
        if self._around is None:
            plugins = session.config.pluginmanager.list_plugin_distinfo()
            services.remember_first_threads(
                each.__name__ for each, _ in plugins if isinstance(each, ModuleType)
            )
        runtime.watch_with(self._watching)
        _EXECUTORS.addFilter(_is_news)
        self._household.open()
        self._last_resort.arm()

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, object, object]:
        settings = settings_for(item, is_kata=kata_of_item(item) is not None)
        item.stash[SETTINGS] = settings
        self._before = leaks.Alive.now().threads
        self._worked_before = time.thread_time()
        self._left_open.begin(settings.severities[Group.LEAKS], self._household.folder)
        self._left_running.begin()
        self._watching.begin(proving=settings.severities[Group.DEADLOCKS] is not Severity.OFF)
        self._watching.fails_on_lost = settings.severities[Group.LEAKS] is Severity.ERROR
        try:
            return (yield)
        finally:
            self._watching.end()
            self._left_running.end()

    # -- the phases: a verdict fails the phase in which it was given

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> Generator[None, None, None]:
        __tracebackhide__ = True
        yield from self._phase(item, "setup")

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_call(self, item: pytest.Item) -> Generator[None, None, None]:
        __tracebackhide__ = True
        yield from self._phase(item, "call")

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_teardown(self, item: pytest.Item) -> Generator[None, None, None]:
        __tracebackhide__ = True
        yield from self._phase(item, "teardown", check_leaks=True)

    def _phase(
        self, item: pytest.Item, phase: str, *, check_leaks: bool = False
    ) -> Generator[None, None, None]:
        __tracebackhide__ = True  # what goes wrong in a test is the test's
        error: BaseException | None = None
        findings.forget(item, phase)  # a plugin may run a test once more, or one phase of it
        self._watching.phase_begins()
        try:
            yield
        except BaseException as raised:  # noqa: BLE001 - what the test raised is looked at and raised on
            error = raised
            tracebacks.give_lines(error)
        self._collect(item, phase, error, check_leaks=check_leaks)
        if error is not None:
            raise error
        self._fail_for(item, phase)

    def _collect(
        self, item: pytest.Item, phase: str, error: BaseException | None, *, check_leaks: bool
    ) -> None:
        watching = self._watching
        watching.phase_ends()
        found = list(watching.diagnoses)
        if found:
            self._settle()
        if error is not None:
            self._left_open.failed()
        if error is not None and timeouts.is_timeout(error):
            tasks = item.stash.get(TASKS, "")
            found.append(timeouts.diagnose(error, self._root, self._left_running.whereabouts(), tasks))
            worked = time.thread_time() - self._worked_before
            found.extend(spinning.diagnose(error, worked, watching.is_ours, self._root))
        if phase == "call":
            found.extend(watching.inversions())
        if check_leaks:
            found.extend(self._leaks(item))
        found.extend(lost.diagnose(each, os.getpid()) for each in watching.lost)
        watching.diagnoses.clear()
        watching.lost.clear()
        for diagnosis in found:
            if item.stash[SETTINGS].severity(diagnosis) is not Severity.OFF:
                findings.add(item, diagnosis, phase)

    def _settle(self) -> None:
        """Let the victims unwind, so that nothing of theirs runs into what comes next."""
        victims = set(self._watching.victims())
        leaks.wait_until_gone(
            lambda: [t for t in threading.enumerate() if strand_of.get(t) in victims and t.is_alive()],
            _UNWINDING,
        )
        self._household.reap()

    def _fail_for(self, item: pytest.Item, phase: str) -> None:
        """Fail a phase that raised nothing itself though something was found."""
        settings = item.stash[SETTINGS]
        errors = [d for d in findings.of(item, phase) if settings.severity(d) is Severity.ERROR]
        if errors:
            pytest.fail(errors[0].summary, pytrace=False)

    # -- leaks

    def _leaks(self, item: pytest.Item) -> list[Diagnosis]:
        severity = item.stash[SETTINGS].severities[Group.LEAKS]
        found = self._left_running.found(
            self._grace, severity, self._is_a_fixtures, told=self._watching.has_broken_off
        )
        if severity is Severity.OFF:
            return found
        alive = leaks.wait_until_gone(self._outliving, self._grace, leaks.Stuck())
        self._due.clear()
        told = self._watching.has_broken_off
        if not told:
            found.extend(leaks.diagnose(thread, self._root) for thread in alive)
        if severity is Severity.ERROR or told:
            for thread in leaks.end(_not_to_stay(alive, severity), _UNWINDING):
                leaks.do_not_wait_at_exit(thread)
        found.extend(self._left_open.found(item, severity, self._household.folder))
        return found

    def _outliving(self) -> list[threading.Thread]:
        excused = self._fixtures_threads() | self._left_running.threads()
        before = self._before - set(self._due)
        return [thread for thread in leaks.outliving(before) if not self._belongs_to(thread, excused)]

    def _fixtures_threads(self) -> set[threading.Thread]:
        return {thread for threads in self._owned.values() for thread in threads}

    def _is_a_fixtures(self, strand: Strand) -> bool:
        """Tell whether what a thread does is on behalf of a living fixture, or of what was there before."""
        thread = next((t for t in threading.enumerate() if strand_of.get(t) is strand), None)
        if thread is None or thread is threading.main_thread():
            return False
        return thread in self._before - set(self._due) or self._belongs_to(thread, self._fixtures_threads())

    def _belongs_to(self, thread: threading.Thread, owners: set[threading.Thread]) -> bool:
        """Tell whether a thread, or the one that started it, and so on, belongs to a living fixture."""
        began = origins.get(thread)
        if began is not None and any(began.root in roots for roots in self._roots.values()):
            return True
        strands = {strand_of.get(owner) for owner in owners}
        current: threading.Thread | None = thread
        while current is not None:
            if current in owners:
                return True
            origin = origins.get(current)
            if origin is None:
                return False
            if origin.parent in strands:
                return True
            current = next((t for t in threading.enumerate() if strand_of.get(t) is origin.parent), None)
        return False

    @pytest.hookimpl(wrapper=True)
    def pytest_fixture_setup(self, fixturedef: Any) -> Generator[None, object, object]:
        """A thread that a fixture of wider scope starts is judged when that fixture ends."""
        if fixturedef.scope == "function":
            return (yield)
        before = leaks.Alive.now().threads
        try:
            return (yield)
        finally:
            fresh = leaks.Alive.now().threads - before - self._fixtures_threads()
            self._owned[fixturedef] = weakref.WeakSet(fresh)
            self._roots[fixturedef] = frozenset(origins[each].root for each in fresh if each in origins)

    @pytest.hookimpl
    def pytest_fixture_post_finalizer(self, fixturedef: Any) -> None:
        self._due.update(self._owned.pop(fixturedef, ()))
        self._roots.pop(fixturedef, None)

    # -- the end of the run

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> Generator[None, object, object]:
        result = yield
        reporter = session.config.pluginmanager.get_plugin("terminalreporter")
        for summary in (*self._left_running.end_survivors(), *self._end_survivors()):
            if reporter is not None:
                reporter.write_line(f"sensei ended it, for the run to end: {summary}")
        self._left_open.finish()
        if self._around is None:  # no other run of pytest goes on around this one
            leaked_ends.let_go_at_exit(self._grace)
        runtime.watch_with(self._around)
        if self._around is None:
            _EXECUTORS.removeFilter(_is_news)
        self._household.close()
        self._last_resort.disarm()
        return result

    def _end_survivors(self) -> list[str]:
        """End the threads that would keep the interpreter from ending, and say which they were."""
        alive = leaks.wait_until_gone(
            lambda: [thread for thread in leaks.outliving(self._first) if not thread.daemon],
            self._grace,
            leaks.Stuck(),
        )
        summaries = [leaks.diagnose(thread, self._root).summary for thread in alive]
        for thread in leaks.end(alive, _UNWINDING):
            leaks.do_not_wait_at_exit(thread)
        return summaries


def _is_news(record: logging.LogRecord) -> bool:
    """Tell whether an executor's worker died of something else than a verdict, which has told it."""
    error = record.exc_info[1] if record.exc_info else None
    return not isinstance(error, (Deadlock, leaks.Ended))


def _not_to_stay(threads: list[threading.Thread], severity: Severity) -> list[threading.Thread]:
    """Return whom to end of those that a test has left; a daemon may serve later tests, unless leaks are errors."""
    return [thread for thread in threads if severity is Severity.ERROR or not thread.daemon]


__all__ = ["SETTINGS", "WatchedTests"]
