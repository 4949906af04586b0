"""Processes that a test has left, in words: where each was started, and what it does now."""

from __future__ import annotations

import os
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_sensei.diagnosis import Actor, Diagnosis, Kind, Resource
from pytest_sensei.primitives import births
from pytest_sensei.primitives.births import Way
from pytest_sensei.watch import procfs, stacks
from pytest_sensei.watch.places import place_of_site

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pytest_sensei.diagnosis import Place
    from pytest_sensei.watch.home import Home
    from pytest_sensei.watch.notes import Note, NotedThread
    from pytest_sensei.watch.offspring import Left, Seen

ASKED = 8  # processes, at most, that are asked for their stacks: each takes a while
_NAMELESS = "a process"
_STATES = {"R": "running", "T": "stopped", "t": "stopped", "S": "sleeping", "D": "sleeping"}


def diagnose(left: Iterable[Left], home: Home | None, root: str | None) -> list[Diagnosis]:
    """Explain what was left: one finding for all processes of a kind that one line has started."""
    teller = _Teller(home, root)
    alike = groupby(sorted(left, key=teller.order), key=teller.order)
    return [teller.diagnosis(list(group)) for _, group in alike]


def whereabouts(seen: Iterable[Seen], home: Home | None, root: str | None) -> Iterator[Actor]:
    """Yield the threads of some living processes, with the lines that they are at where these can be told."""
    teller = _Teller(home, root)
    for each in seen:
        yield from teller.threads(each)


class _Teller:
    def __init__(self, home: Home | None, root: str | None) -> None:
        self._home = home
        self._root = root
        self._threads: dict[int, tuple[Actor, ...]] = {}

    def order(self, left: Left) -> tuple[str, str, int]:
        """Sort alike together: of one kind, started at one line; those of an unknown line stay alone."""
        site = left.seen.descent.site if left.seen.descent is not None else None
        return (
            (left.kind.value, site.co_filename, site.line) if site else (left.kind.value, "", left.seen.pid)
        )

    def diagnosis(self, group: list[Left]) -> Diagnosis:
        first = group[0]
        name, place = self.name(first.seen), self._started(first.seen)
        actors = tuple(actor for left in group for actor in self._actors(left))
        now = [actor.place for actor in actors if actor.place is not None]
        return Diagnosis(
            kind=first.kind,
            summary=self._summary(first, name, len(group) - 1),
            actors=actors,
            resources=(Resource("r1", self._type(first.seen), name, place, self._state(first)),),
            culprits=tuple(dict.fromkeys(each for each in (place, *now) if each is not None)),
            details=tuple(self._details(group)),
        )

    # -- who

    def name(self, seen: Seen) -> str:
        """Call a process as the code does."""
        told = seen.descent
        if told is not None and told.name:
            return told.name
        if told is not None and told.way is Way.FORK:
            return "a forked process"
        birth = births.known.get(seen.pid)
        target = birth.target() if birth is not None and birth.target is not None else None
        command = _words(getattr(target, "args", None)) or procfs.command(seen.pid)
        stat = procfs.stat(seen.pid)
        return Path(command[0]).name if command else stat.name if stat is not None else _NAMELESS

    def _type(self, seen: Seen) -> str:
        told = seen.descent
        if told is None or told.way is Way.PROCESS:
            return "Manager" if told is not None and told.is_server else "Process"
        return "Popen" if told.way is Way.PROGRAM else "Process"

    def _started(self, seen: Seen) -> Place | None:
        return place_of_site(seen.descent.site, self._root) if seen.descent is not None else None

    # -- what it does

    def _note(self, seen: Seen) -> Note | None:
        return self._home.note_of(seen.pid, seen.start) if self._home is not None else None

    def _actors(self, left: Left) -> Iterator[Actor]:
        """Yield the threads of a process that run the user's code, or else the process as a whole."""
        seen = left.seen
        if left.kind is Kind.ZOMBIE:
            yield Actor(f"p{seen.pid}", self.name(seen), seen.pid, "MainThread", "ended")
        else:
            yield from self.threads(seen)

    def threads(self, seen: Seen) -> tuple[Actor, ...]:
        """Return the threads of a living process: as it tells itself, or else as it is seen from outside."""
        if seen.pid not in self._threads:
            ask = len(self._threads) < ASKED
            self._threads[seen.pid] = tuple(self._told(seen)) or tuple(self._seen(seen, ask=ask))
        return self._threads[seen.pid]

    def _told(self, seen: Seen) -> Iterator[Actor]:
        name, note = self.name(seen), self._note(seen)
        told = [thread for thread in note.threads if _where(thread) is not None] if note is not None else []
        for thread in sorted(told, key=lambda thread: thread.tid != seen.pid):
            state = _doing(thread, seen.pid)
            yield Actor(thread.id, name, seen.pid, thread.name, state, _where(thread))

    def _seen(self, seen: Seen, *, ask: bool) -> Iterator[Actor]:
        """Yield the threads that are in the user's code; nobody knows whether they run, or wait to."""
        pid, name = seen.pid, self.name(seen)
        traces = [trace for trace in stacks.ask(pid, seen.start) if trace.of_user()] if ask else []
        for number, trace in enumerate(traces):
            thread = "MainThread" if trace.is_main else trace.name or "a thread"
            place = place_of_site(trace.of_user()[0], self._root)
            yield Actor(f"p{pid}.{number}", name, pid, thread, "unknown", place)
        if not traces:
            yield Actor(f"p{pid}", name, pid, "MainThread", _state_of(pid))

    def _state(self, left: Left) -> str:
        if left.kind is Kind.ZOMBIE:
            return _exit_of(left.seen)
        state = _state_of(left.seen.pid)
        return f"{state}, with {_count(len(left.below), 'process')} of its own" if left.below else state

    # -- words

    def _summary(self, left: Left, name: str, others: int) -> str:
        who = f"{name} and {others} more" if others else name
        verb = "are" if others else "is"
        if left.kind is Kind.ZOMBIE:
            return f"{who} {'have' if others else 'has'} ended, and nobody asked how"
        if left.kind is Kind.ORPHAN:
            return f"{who} outlived the process that started {'them' if others else 'it'}"
        if self._type(left.seen) == "Manager":
            return f"{who}, a manager's server, was never shut down"
        return f"{who} {verb} still running after the test"

    def _details(self, group: list[Left]) -> Iterator[str]:
        if len(group) == 1:
            yield f"its process identifier is {group[0].seen.pid}"
            return
        for left in group:
            seen = left.seen
            if left.kind is Kind.ZOMBIE:
                yield f"{self.name(seen)}: {_exit_of(seen)} (pid {seen.pid})"
            else:
                yield f"{self.name(seen)} (pid {seen.pid}) {self._activity(left)}"

    def _activity(self, left: Left) -> str:
        for actor in self._actors(left):
            if actor.place is not None:
                return f"is in {actor.place.file}:{actor.place.line}: {actor.place.source}"
        return f"is {self._state(left)}"


def _state_of(pid: int) -> str:
    stat = procfs.stat(pid)
    return _STATES.get(stat.state, "unknown") if stat is not None else "ended"


def _where(thread: NotedThread) -> Place | None:
    told = thread.wait.told if thread.wait is not None else None
    return (told.place if told is not None else None) or thread.place


def _doing(thread: NotedThread, pid: int) -> str:
    if thread.wait is not None:
        return "waiting"
    return "sleeping" if procfs.sleeps(pid, thread.tid or pid) else "running"


def _words(arguments: object) -> list[str]:
    if isinstance(arguments, (str, bytes, os.PathLike)):
        return os.fsdecode(arguments).split()[:1]
    return [os.fsdecode(each) for each in arguments] if isinstance(arguments, (list, tuple)) else []


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}es"


def _exit_of(seen: Seen) -> str:
    """Say how a process ended, without asking in a way that would count as asking."""
    try:
        found = os.waitid(os.P_PID, seen.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    except (AttributeError, OSError):
        return "ended"
    if found is None:
        return "ended"
    return f"exit code {found.si_status}" if found.si_code == os.CLD_EXITED else f"signal {found.si_status}"
