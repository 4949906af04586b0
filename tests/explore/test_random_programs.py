"""What an exploration says of random programs is what can come of them, by brute force."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest
from program_states import reach
from pytest_sensei.diagnosis import Kind
from pytest_sensei.explore.exploring import Outcome
from random_programs import KINDS, Maker

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conftest import Explore
    from program_states import Reach
    from pytest_sensei.explore.exploring import ExploreResult

PROGRAMS = 12  # of each family
KNOTS = {Kind.DEADLOCK_CYCLE, Kind.STALLED, Kind.SELF_DEADLOCK, Kind.ABANDONED_LOCK}


def checks(reached: Reach, seed: int) -> Iterator[tuple[str, bool]]:
    """Yield what to assert at the end of the program, and whether that can fail."""
    if not reached.left:
        yield "True", False
        return
    chance = random.Random(seed)
    one = chance.choice(sorted(reached.left))
    other = (chance.randint(0, 3), chance.randint(0, 3))
    yield f"(box.x, box.y) != {one}", True
    yield f"(box.x, box.y) != {other}", other in reached.left
    yield f"(box.x, box.y) == {one}", reached.left != {one}


def is_right(result: ExploreResult, reached: Reach, *, can_fail: bool) -> bool:
    """Tell whether what was found can happen, and whether nothing was found only where nothing can."""
    if result.outcome is Outcome.FAILED:
        knot = result.diagnosis is not None and result.diagnosis.kind in KNOTS
        return reached.stuck if knot else can_fail
    return result.outcome is Outcome.EXHAUSTED and not reached.stuck and not can_fail


@pytest.mark.parametrize("family", range(len(KINDS)), ids=lambda number: KINDS[number][0] + f" {number}")
def test_what_can_come_of_it_is_found_and_nothing_else(explore: Explore, family: int) -> None:
    judged = 0
    for seed in range(family, len(KINDS) * PROGRAMS, len(KINDS)):
        program = Maker(seed).program()
        reached = reach(program)
        if reached is None:
            continue  # too large for brute force
        judged += 1
        for check, can_fail in checks(reached, seed):
            source = program.source(check)
            result = explore(source)
            assert is_right(result, reached, can_fail=can_fail), (
                f"seed {seed}: {result.outcome.name}, {result.note}\nby brute force: {reached}\n{source}"
            )
    assert judged >= PROGRAMS * 3 // 4
