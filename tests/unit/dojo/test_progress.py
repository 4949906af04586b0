"""Where the learner stands, told from the journal's rows."""

from __future__ import annotations

import pytest
from journal_rows import LADDER, event, run
from kata_folders import make_clone
from pytest_sensei.diagnosis import Light
from pytest_sensei.dojo.katas import katas_under
from pytest_sensei.dojo.progress import ladder_id, next_after, next_rung, progress

G, R = Light.GREEN, Light.RED


@pytest.fixture
def katas(tmp_path):
    return katas_under(make_clone(tmp_path, "03_adding", "04_summing", "05_plus") / "katas")


def names(found):
    return [each.kata.name for each in found.standings if each.done]


def test_without_a_journal_the_first_kata_is_current(katas):
    found = progress(katas, [], [])
    assert found.done == 0
    assert found.current is not None
    assert found.current.kata.name == "03_adding"
    assert (found.current.light, found.current.runs, found.current.mark) == (None, 0, ".")


def test_kata_is_done_by_a_green_run_of_all_its_tests(katas):
    assert names(progress(katas, [run(1, G)], [])) == ["03_adding"]
    assert names(progress(katas, [run(1, G, partial=True)], [])) == []


def test_kata_stays_done_when_a_later_run_is_red(katas):
    found = progress(katas, [run(1, G), run(2, R)], [])
    assert names(found) == ["03_adding"]
    assert found.standings[0].light is R


def test_kata_is_not_done_after_a_reset_and_done_again_after_undo(katas):
    rows = [run(1, G)]
    assert names(progress(katas, rows, [event(2, "reset")])) == []
    assert names(progress(katas, rows, [event(2, "reset"), event(3, "undo")])) == ["03_adding"]


def test_current_kata_is_the_one_touched_last(katas):
    rows = [run(1, kata="03_adding"), run(2, kata="05_plus")]
    assert progress(katas, rows, []).current.kata.name == "05_plus"
    started = [event(3, "started", kata="04_summing")]
    assert progress(katas, rows, started).current.kata.name == "04_summing"


def test_after_a_done_kata_the_next_one_is_current(katas):
    assert progress(katas, [run(1, G)], []).current.kata.name == "04_summing"
    last_done = progress(katas, [run(1, G, kata="05_plus")], [])
    assert last_done.current.kata.name == "03_adding"


def test_no_kata_is_current_when_all_are_done(katas):
    rows = [run(n, G, kata=kata.name) for n, kata in enumerate(katas)]
    assert progress(katas, rows, []).current is None


def test_killed_run_is_counted_and_changes_no_light(katas):
    standing = progress(katas, [run(1, R), run(2, None)], []).standings[0]
    assert (standing.runs, standing.killed, standing.light) == (2, 1, R)


def test_rows_of_katas_that_are_gone_are_ignored(katas):
    assert progress(katas, [run(1, R, kata="99_gone")], []).current.kata.name == "03_adding"


def test_next_after_the_last_comes_round(katas):
    found = progress(katas, [], [])
    assert next_after(found.standings, found.standings[2]).kata.name == "03_adding"
    assert next_after(found.standings[:1], found.standings[0]) is None


def test_hints_go_up_the_ladder_and_stay_on_the_last_rung():
    rows = [run(1)]  # it printed the first rung itself
    events = []
    shown = []
    for number in range(3):
        rung = next_rung(rows, events)
        shown.append((rung.number, rung.fresh))
        events.append(event(number, "hint", ladder=ladder_id(LADDER), rung=rung.number))
    assert shown == [(2, True), (3, True), (3, False)]
    assert rung.text == "the shape"


def test_other_diagnosis_begins_its_own_ladder():
    events = [event(1, "hint", ladder="another", rung=3)]
    assert next_rung([run(2)], events).number == 2


def test_no_hint_without_a_run_and_after_green():
    assert next_rung([], []) is None
    assert next_rung([run(1, R), run(2, G)], []) is None
    assert next_rung([run(1, None)], []) is None
