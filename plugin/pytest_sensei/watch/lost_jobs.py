"""Jobs of pools and executors that raised, and whose result nobody has asked for."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from pytest_sensei.diagnosis import Actor, Diagnosis, Kind, Place, Resource
from pytest_sensei.primitives import outcomes
from pytest_sensei.watch.places import first_user_site, is_user_file, line_of, place_of, place_of_site
from pytest_sensei.watch.record import Site

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from pytest_sensei.primitives.outcomes import Failure
    from pytest_sensei.primitives.runtime import Strand


def take_lost(excused: Callable[[Strand], bool]) -> list[Failure]:
    """Return the failures that nobody can have been told of, and forget the others, but for those still open.

    Who was told of one failure of a pool knows that its jobs fail: the others are not lost. A result that still
    lives, of a pool that belongs to a fixture, somebody may still ask for.
    """
    known = {failure.group for failure in outcomes.failures if failure.taken}
    silent = [failure for failure in outcomes.failures if failure.group not in known]
    later = [each for each in silent if each.result() is not None and excused(each.strand)]
    outcomes.failures[:] = later
    return [failure for failure in silent if failure not in later]


def diagnose(lost: Iterable[Failure], root: str | None) -> list[Diagnosis]:
    """Explain lost failures: one finding for those of one place."""
    alike: dict[object, list[Failure]] = {}
    for failure in lost:
        alike.setdefault(_raised(failure, root) or failure.text, []).append(failure)
    return [_diagnosis(group[0], len(group), root) for group in alike.values()]


def _diagnosis(failure: Failure, count: int, root: str | None) -> Diagnosis:
    raised, given = _raised(failure, root), _given(failure, root)
    who = "a job" if count == 1 else f"{count} jobs"
    return Diagnosis(
        kind=Kind.LOST_EXCEPTION,
        summary=f"{who} raised {failure.text}, and nobody asked for the result",
        actors=(Actor("a1", "MainProcess", os.getpid(), "a worker", "ended", raised),),
        resources=(Resource("r1", "job", "a job", given),) if given is not None else (),
        culprits=tuple(dict.fromkeys(place for place in (raised, given) if place is not None)),
        details=(failure.text,),
    )


def _raised(failure: Failure, root: str | None) -> Place | None:
    mine = [site for site in failure.sites if is_user_file(site[0])]
    if not mine:
        return None
    name, function, line = mine[-1]
    return place_of_site(Site(name, function, 0, line), root)


def _given(failure: Failure, root: str | None) -> Place | None:
    site = first_user_site(failure.frames)
    return place_of(site[0], line_of(*site), root) if site is not None else None
