"""An exploration comes to every end that threads with common containers and objects can have, and to no other."""

from __future__ import annotations

from typing import TYPE_CHECKING

import container_programs as programs
import pytest
from pytest_sensei.explore.exploring import Outcome

if TYPE_CHECKING:
    from conftest import Explore

GROUPS = 8
PROGRAMS = 6  # of each group
LOOKED_FOR = 3  # ends of each program that must be found


@pytest.mark.parametrize("group", range(GROUPS))
def test_all_that_can_come_of_it_is_found_and_nothing_else(explore: Explore, group: int) -> None:
    judged = 0
    for seed in range(group, GROUPS * PROGRAMS, GROUPS):
        program = programs.program(seed)
        ends = programs.ends(program)
        if ends is None:
            continue  # too large for brute force
        judged += 1
        none = explore(program.source(f"left in {sorted(ends)}"))
        assert none.outcome is Outcome.EXHAUSTED, f"seed {seed}: {none.note}\n{program.source('...')}"
        for end in sorted(ends)[:LOOKED_FOR]:
            found = explore(program.source(f"left != {end!r}"))
            assert found.outcome is Outcome.FAILED, f"seed {seed}: never {end}\n{program.source('...')}"
    assert judged >= PROGRAMS * 2 // 3
