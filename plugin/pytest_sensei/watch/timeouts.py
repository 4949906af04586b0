"""The last resort: pytest-timeout has ended a test of which nothing could be proved."""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING

import pytest

from pytest_sensei.diagnosis import Actor, Diagnosis, Kind
from pytest_sensei.watch import ledger
from pytest_sensei.watch.places import place_of, raised_at, user_frame

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pytest_sensei.watch.ledger import Party


def is_timeout(error: BaseException) -> bool:
    """Tell whether pytest-timeout ended the test."""
    return isinstance(error, pytest.fail.Exception) and str(error.msg or "").startswith(
        ("Timeout (>", "Timeout >")
    )


def diagnose(
    error: BaseException, root: str | None, children: Iterable[Actor] = (), tasks: str = ""
) -> Diagnosis:
    """Say where everybody was when the time ran out, and where the `children` still are; nothing is claimed.

    `tasks` tells of those of an event loop that the main thread ran.
    """
    main = raised_at(error, root)
    parties = ledger.read().parties.values()
    others = [_actor(party, root) for party in parties if party.thread is not threading.main_thread()]
    first = Actor("main", "MainProcess", os.getpid(), threading.main_thread().name, "running", main)
    return Diagnosis(
        kind=Kind.TIMEOUT,
        summary="the time limit ran out",
        proved=False,
        actors=(first, *others, *children),
        culprits=(main,) if main is not None else (),
        details=(str(error), *((f"the event loop: {tasks}",) if tasks else ())),
    )


def _actor(party: Party, root: str | None) -> Actor:
    frame = user_frame(party.frame)
    place = place_of(frame.f_code, frame.f_lineno or 0, root) if frame is not None else None
    name = party.thread.name if party.thread is not None else "a thread"
    return Actor(party.id, "MainProcess", os.getpid(), name, "waiting" if party.wait else "running", place)
