"""Hints: what is read, what is refused, and which ladder is chosen."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from finding_samples import DEADLOCK, LEAKED_THREAD, STALLED
from pytest_sensei.diagnosis import Kind
from pytest_sensei.hints import catalogue
from pytest_sensei.hints.catalogue import Case, Hint, HintsError, Level, case_of, choose, hints_for, load

if TYPE_CHECKING:
    from pathlib import Path

HEAD = '[kata]\nnumber = 3\ntitle = "Semaphore"\n\n'


def read(folder: Path, text: str) -> tuple[Hint, ...]:
    file = folder / "hints.toml"
    file.write_text(text, encoding="utf-8")
    return load(file)


def test_a_ladder_is_read_with_all_its_conditions(tmp_path: Path) -> None:
    (hint,) = read(
        tmp_path,
        HEAD + "[[hint]]\n"
        'when = { kind = "stalled", resource = "Condition", test = "test_r*", place = "release", '
        'message = "x" }\n'
        'steps = ["one", "two", "three"]\n',
    )
    assert hint == Hint(("one", "two", "three"), ("stalled",), "Condition", "release", "test_r*", "x")


def test_a_kind_may_be_a_list(tmp_path: Path) -> None:
    (hint,) = read(tmp_path, '[[hint]]\nwhen = { kind = ["race", "failure"] }\nsteps = ["one"]\n')
    assert hint.kinds == ("race", "failure")


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("[[hint]]\nwhen = = {}\n", 2, "Invalid value"),
        ('[[hint]]\nwhen = {}\nsteps = ["one]\n', 3, "Illegal|Unexpected|Invalid"),
        ("[[hint]]\nwhen = {}\n", 1, "steps must be a list"),
        ('[[hint]]\nwhen = {}\nsteps = "one"\n', 3, "steps must be a list"),
        ('[[hint]]\nwhen = {}\nsteps = ["one", "  "]\n', 3, "not empty"),
        ('[[hint]]\nsteps = ["one"]\n', 1, "no 'when'"),
        ('[[hint]]\nwhen = "stalled"\nsteps = ["one"]\n', 2, "when must be a table"),
        ('[[hint]]\nwhen = {}\nsteps = ["a"]\n\n[[hint]]\nwhen = {kind = "gremlin"}\n', 5, "steps must be"),
        (
            '[[hint]]\nwhen = {kind = "gremlin"}\nsteps = ["a"]\n',
            2,
            "'gremlin' is no kind; known are deadlock-",
        ),
        ('[[hint]]\nwhen = {kind = 3}\nsteps = ["a"]\n', 2, "kind must be a text or a list"),
        ('[[hint]]\nwhen = {kind = []}\nsteps = ["a"]\n', 2, "kind must be a text or a list"),
        (
            '[[hint]]\nwhen = {sort = "race"}\nsteps = ["a"]\n',
            2,
            "unknown condition 'sort'; known are kind, ",
        ),
        ('[[hint]]\nwhen = {place = ""}\nsteps = ["a"]\n', 2, "place must be a text"),
        ('[[hint]]\nwhen = {}\nstep = ["a"]\n', 3, "unknown key 'step'"),
        (HEAD + '[[hints]]\nwhen = {}\nsteps = ["a"]\n', 5, "unknown table 'hints'"),
        ('[hint]\nwhen = {}\nsteps = ["a"]\n', 1, r"must be \[\[hint\]\]"),
    ],
)
def test_a_broken_file_is_one_line_that_names_file_and_line(
    tmp_path: Path, text: str, line: int, message: str
) -> None:
    with pytest.raises(HintsError, match=message) as refusal:
        read(tmp_path, text)
    assert str(refusal.value).startswith(f"{tmp_path / 'hints.toml'}:{line}: ")
    assert "\n" not in str(refusal.value)


def test_a_file_that_is_not_utf8_is_refused_with_its_line(tmp_path: Path) -> None:
    file = tmp_path / "hints.toml"
    file.write_bytes(b"# fine\n# caf\xe9\n")
    with pytest.raises(HintsError, match=r"hints\.toml:2: is not UTF-8"):
        load(file)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(HintsError, match="cannot be read: No such file"):
        load(tmp_path / "hints.toml")


ANY = Hint(("any",))
STALL = Hint(("stalled",), ("stalled",))
STALL_HERE = Hint(("stalled in release",), ("stalled",), place="rel*")
STALL_TEST = Hint(("stalled in that test",), ("stalled",), test="test_wakes*")
MESSAGE = Hint(("a message",), ("failure",), message="1 != 2")


@pytest.mark.parametrize(
    ("case", "chosen"),
    [
        (Case("stalled"), "stalled"),
        (Case("stalled", places=frozenset({"release"})), "stalled in release"),
        (Case("stalled", test="test_wakes_one[3]"), "stalled in that test"),
        (Case("stalled", "test_wakes", places=frozenset({"release"})), "stalled in release"),
        (Case("failure", message="assert 1 != 2"), "a message"),
        (Case("failure", message="assert 3"), "any"),
    ],
    ids=["kind", "place", "test", "tie: first in the file", "message", "failure"],
)
def test_the_most_specific_ladder_wins(case: Case, chosen: str) -> None:
    assert hints_for(case, (ANY, STALL, STALL_HERE, STALL_TEST, MESSAGE)) == (chosen,)


@pytest.mark.parametrize(
    ("first", "later", "hidden"),
    [
        (
            Hint(("",), ("stalled", "failure"), test="test_an*"),
            Hint(("",), ("stalled",), test="test_an_e*"),
            True,
        ),
        (Hint(("",), test="test_an_e*"), Hint(("",), test="test_an*"), False),
        (Hint(("",), ("stalled",), test="test_an*"), Hint(("",), ("failure",), test="test_an_e*"), False),
        (Hint(("",), test="test_an*"), Hint(("",), ("stalled",), test="test_an_e*"), False),
        (Hint(("",), message="Error"), Hint(("",), message="ValueError: 3"), True),
        (Hint(("",), message="Error"), Hint(("",), test="test_an_error"), False),
        (Hint(("",), resource="Lock"), Hint(("",), resource="Lock"), True),
        (Hint(("",)), Hint(("",)), True),
    ],
    ids=["wider", "narrower", "another kind", "fewer conditions", "message", "of two things", "twice", "any"],
)
def test_a_ladder_that_is_never_shown_is_told_from_one_that_is(
    first: Hint, later: Hint, hidden: bool
) -> None:
    assert first.hides(later) is hidden


def test_file_that_cannot_be_read_has_nothing_to_do_with_what_the_kata_is_about() -> None:
    assert "Python could not read the file" in hints_for(Case("import"), (ANY, STALL))[0]
    mine = Hint(("import it so",), ("import",))
    assert hints_for(Case("import"), (ANY, mine)) == ("import it so",)


def test_a_kata_s_general_ladder_gives_way_to_the_one_for_the_kind() -> None:
    ladder = choose(Case("leaked-thread"), (ANY,))
    assert ladder is not None
    assert ladder.kinds == ("leaked-thread",)


def test_where_nothing_is_written_yet_the_kata_s_general_ladder_is_shown() -> None:
    general, special = Hint(("general",)), Hint(("special",), ("failure",), test="test_a*")
    of_the_docstring = Hint(("special",), message="TimeoutError")
    unwritten = Case(
        "failure", "test_a", "Raises TimeoutError.\nE   NotImplementedError: TODO: wait for room"
    )

    assert choose(unwritten, [general, special, of_the_docstring]) is general
    assert choose(Case("failure", "test_a", "E   assert 1 == 2"), [general, special]) is special


def test_where_nothing_is_written_yet_a_ladder_for_just_that_is_preferred() -> None:
    general, asked_for = Hint(("general",)), Hint(("asked for",), message="NotImplementedError: close")

    assert choose(Case("failure", "test_a", "NotImplementedError: close"), [general, asked_for]) is asked_for


def test_a_resource_is_matched_by_what_is_waited_for() -> None:
    on_condition = Hint(("condition",), ("stalled",), resource="Condition")
    on_queue = Hint(("queue",), ("stalled",), resource="Queue")
    assert hints_for(case_of(STALLED, test="test_it"), (on_queue, on_condition)) == ("condition",)


def test_a_case_knows_the_functions_of_the_culprits() -> None:
    assert case_of(DEADLOCK, test="test_it") == Case(
        "deadlock-cycle",
        "test_it",
        "2 threads wait for each other",
        frozenset({"Lock"}),
        frozenset({"dine"}),
    )


@pytest.mark.parametrize(("level", "count"), [(Level.NONE, 0), (Level.FIRST, 1), (Level.ALL, 3)])
def test_the_level_says_how_many_steps_are_shown(level: Level, count: int) -> None:
    assert len(hints_for(case_of(LEAKED_THREAD), level=level)) == count


@pytest.mark.parametrize("kind", catalogue.KINDS)
def test_there_is_a_complete_general_ladder_for_every_kind(kind: str) -> None:
    ladders = [hint for hint in catalogue.general() if kind in hint.kinds]
    assert [ladder.specificity for ladder in ladders].count(1) == 1  # the others are for some resources only
    for ladder in ladders:
        assert len(ladder.steps) == 3
        assert ladder.steps[0].rstrip().endswith("?") or "?" in ladder.steps[0] or kind == catalogue.IMPORT
        if kind in set(Kind):
            assert ladder.silence == f'@pytest.mark.sensei({Kind(kind).group.value}="off")'
