"""Looks at the family are rationed, and yet come soon after a knot has formed."""

from __future__ import annotations

import pytest
from pytest_sensei.watch.judging import CREDIT, SHARE, earliest_look

COST = 0.002  # seconds of processor time


def test_after_a_while_without_looks_one_may_look_twice() -> None:
    moment = 100.0
    assert earliest_look(0.0, COST, moment) <= moment


def test_who_looks_all_the_time_comes_to_its_share() -> None:
    due, moment = 0.0, 100.0
    end, spent = moment + 60.0, 0.0
    while moment < end:
        spent += COST
        due = earliest_look(due, COST, moment)
        moment = max(moment + COST, due)
    assert spent == pytest.approx((60.0 + CREDIT) / SHARE, abs=2 * COST)
