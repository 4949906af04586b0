"""Exceptions that end a thread and that the test never sees."""

from __future__ import annotations

import threading
from dataclasses import dataclass

from pytest_sensei.diagnosis import Actor, Diagnosis, Kind, Place
from pytest_sensei.primitives.threads import origins
from pytest_sensei.watch.places import first_user_site, line_of, place_of, raised_at


@dataclass(frozen=True, slots=True)
class LostException:
    """A thread died of an exception, here."""

    thread: str
    error: str  # "ValueError: no such file"
    raised: Place | None
    started: Place | None

    @classmethod
    def of(cls, thread: threading.Thread, error: BaseException, root: str | None) -> LostException:
        """Take down what is known, and keep neither the thread nor the exception alive."""
        text = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
        return cls(thread.name, text, raised_at(error, root), started(thread, root))

    def text(self) -> str:
        """Say it in one line."""
        where = f" at {self.raised.file}:{self.raised.line}" if self.raised is not None else ""
        return f"{self.thread} died of {self.error}{where}"


def is_nobody_s_business(error: BaseException) -> bool:
    """`SystemExit` ends a thread by intention; a hook of the user's own has seen the exception."""
    return isinstance(error, SystemExit) or not _is_default_hook(threading.excepthook)


def _is_default_hook(hook: object) -> bool:
    function = getattr(hook, "func", hook)  # pytest's own is a functools.partial
    module = getattr(function, "__module__", None) or ""
    return hook is threading.__excepthook__ or module.startswith("_pytest.")


def started(thread: threading.Thread, root: str | None) -> Place | None:
    """Return where a thread was started, in the user's code."""
    origin = origins.get(thread)
    site = first_user_site(origin.frames) if origin is not None else None
    return place_of(site[0], line_of(*site), root) if site is not None else None


def diagnose(lost: LostException, pid: int) -> Diagnosis:
    """Explain a lost exception."""
    places = tuple(place for place in (lost.raised, lost.started) if place is not None)
    return Diagnosis(
        kind=Kind.LOST_EXCEPTION,
        summary=f"{lost.thread} died of {lost.error}, and the test never saw it",
        actors=(Actor("a1", "MainProcess", pid, lost.thread, "ended", lost.raised),),
        culprits=places,
        details=(lost.error,),
    )
