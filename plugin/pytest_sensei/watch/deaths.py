"""Exceptions that ended a child process, as the child wrote them down before it was gone."""

from __future__ import annotations

import contextlib
import itertools
import multiprocessing
import os
import pickle
import threading
from typing import TYPE_CHECKING, NamedTuple

from pytest_sensei.diagnosis import Actor, Diagnosis, Kind
from pytest_sensei.primitives.outcomes import text_of
from pytest_sensei.watch.places import is_user_file, place_of_site
from pytest_sensei.watch.record import Site

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pytest_sensei.watch.descent import Descent
    from pytest_sensei.watch.home import Home

_numbers = itertools.count(1)


class Death(NamedTuple):
    """A process, or a thread of it, died of an exception."""

    pid: int
    start: int
    process: str
    thread: str
    error: str  # "ValueError: no such file"
    sites: tuple[Site, ...]  # the user's lines of the traceback, the innermost last

    @property
    def ended_process(self) -> bool:
        """Tell whether it was the process that died of it."""
        return self.thread == "MainThread"


def sites_of(error: BaseException) -> tuple[Site, ...]:
    """Return the user's lines of a traceback, the innermost last."""
    found, trace = [], error.__traceback__
    while trace is not None:
        code = trace.tb_frame.f_code
        if is_user_file(code.co_filename):
            found.append(Site(code.co_filename, code.co_name, code.co_firstlineno, trace.tb_lineno))
        trace = trace.tb_next
    return tuple(found)


# -- in the child


def tell(home: Home, error: BaseException, thread: str = "MainThread") -> None:
    """Write down what this process, or one of its threads, dies of."""
    if isinstance(error, KeyboardInterrupt):
        return  # the whole family was asked to end
    process = multiprocessing.current_process().name
    death = Death(home.pid, home.start, process, thread, text_of(error), sites_of(error))
    path = home.folder / f"died.{home.pid}.{next(_numbers)}"
    draft = home.folder / f"draft.{home.pid}.{threading.get_ident()}"
    with contextlib.suppress(FileNotFoundError):  # the run is over
        draft.write_bytes(pickle.dumps(death))
        draft.replace(path)


# -- in the watching process


def take_all(folder: Path) -> Iterator[Death]:
    """Yield what was written, and remove it."""
    for name in sorted(os.listdir(folder)):  # noqa: PTH208
        if name.startswith("died."):
            path = folder / name
            death: Death = pickle.loads(path.read_bytes())  # noqa: S301 - written by our own code
            path.unlink()
            yield death


def diagnose(death: Death, word: Descent | None, root: str | None) -> Diagnosis:
    """Explain an exception that ended a process and that nobody has seen."""
    lines = [place_of_site(site, root) for site in death.sites]
    raised = lines[-1] if lines else None
    started = place_of_site(word.site, root) if word is not None and death.ended_process else None
    who = death.process if death.ended_process else f"{death.thread} in {death.process}"
    return Diagnosis(
        kind=Kind.LOST_EXCEPTION,
        summary=f"{who} died of {death.error}, and the test never saw it",
        actors=(Actor("a1", death.process, death.pid, death.thread, "ended", raised),),
        culprits=tuple(dict.fromkeys(place for place in (raised, started) if place is not None)),
        details=(
            death.error,
            *(f"called from {line.file}:{line.line}: {line.source}" for line in lines[-2::-1] if line),
        ),
    )
