"""Races as columns, and what they prove."""

from __future__ import annotations

from dataclasses import replace

import pytest
from finding_samples import PLUS_EQUALS, RACE, THREE_THREADS, VERDICT_LINE, at, finding, lock, race, step
from pytest_sensei.diagnosis import Diagnosis, Schedule
from pytest_sensei.explain.evidence import lock_verdict, story
from pytest_sensei.explain.terminal import render

VALUE = "Counter.value"
LOOK = at("buffer.py:44", "if not self._items:", "get")
POP = at("buffer.py:49", "item = self._items.popleft()", "get")
CREDIT = at("transfer.py:9", "target.balance += amount", "transfer")


def picture(diagnosis: Diagnosis, width: int = 80, **how: bool) -> list[str]:
    return render(finding(diagnosis), width=width, **how).splitlines()


def test_a_lost_update_is_two_columns_with_the_values() -> None:
    assert picture(RACE, advise=False)[2:] == [
        "   Thread-1                               Thread-2",
        "   counter.py:9  self.value += by",
        "     read Counter.value: 0",
        "                                          counter.py:9  self.value += by",
        "                                          ! read Counter.value: 0 (stale)",
        "   ! wrote Counter.value: 1 (lost)",
        "                                            wrote Counter.value: 1 over 1",
        "",
        "   MainThread   test_counter.py:14  assert counter.value == 2",
        "                raised AssertionError: assert 1 == 2",
        "   2 more steps (-v shows them)",
        "",
        "   why     both read 0, so one increment was lost",
        "   locks   no lock is held at any access to Counter.value",
        "   replay  pytest tests/test_it.py::test_it --sensei-replay=c3-2x1",
    ]


def test_all_steps_are_shown_when_asked() -> None:
    text = "\n".join(picture(RACE, verbose=True))
    assert "started Thread-2" in text
    assert "more steps" not in text


def test_three_threads_have_three_columns_in_a_wide_terminal() -> None:
    head = picture(THREE_THREADS, 120)[2]
    assert head.split() == ["Thread-1", "Thread-2", "Thread-3"]


def test_three_threads_are_one_labelled_column_in_a_narrow_terminal() -> None:
    lines = picture(THREE_THREADS)[2:5]
    assert [line.split()[0] for line in lines] == ["Thread-1", "Thread-2", "Thread-3"]
    assert lines[0].endswith("read Semaphore.count: 1            semaphore.py:12  if self.cou…")


def test_four_threads_fit_into_120_columns() -> None:
    steps = [step(number, "write", VALUE, str(number)) for number in (2, 3, 4, 5)]
    assert len(picture(race(*steps, threads=4), 120)[2].split()) == 4


def test_a_long_race_keeps_the_steps_that_explain_it() -> None:
    noise = [step(2, "acquire", f"lock {number}") for number in range(60)]
    steps = RACE.schedule.steps if RACE.schedule else ()
    lines = picture(race(*steps[:3], *noise, *steps[3:]))
    assert len(lines) <= 22
    assert any("(lost)" in line for line in lines)
    assert any("(stale)" in line for line in lines)


def test_a_test_with_parameters_is_quoted_for_the_shell() -> None:
    text = render(finding(RACE, nodeid="test_a.py::test_it[a b]"))
    assert text.endswith("pytest 'test_a.py::test_it[a b]' --sensei-replay=c3-2x1")


def test_locks_are_shown_where_they_are_held() -> None:
    guarded = race(
        step(2, "read", VALUE, "0", locks=("r1",)),
        step(3, "write", VALUE, "1"),
        step(2, "write", VALUE, "1", locks=("r1",)),
        resources=(lock(1, "self._lock"),),
    )
    text = "\n".join(picture(guarded, 120))
    assert "read Counter.value: 0 (stale)   holds self._lock" in text


@pytest.mark.parametrize(
    ("steps", "verdict"),
    [
        (
            (
                step(2, "read", VALUE, "0"),
                step(3, "read", VALUE, "0"),
                step(3, "write", VALUE, "1"),
                step(2, "write", VALUE, "1"),
            ),
            "both read 0, so one increment was lost",
        ),
        (
            (
                step(2, "read", VALUE, "0"),
                step(3, "write", VALUE, "7", place=CREDIT),
                step(2, "write", VALUE, "1"),
            ),
            "Thread-1 read 0 before Thread-2 wrote 7: the increment of Thread-2 was lost",
        ),
        (
            (
                step(2, "read", VALUE, "0"),
                step(3, "write", VALUE, "7"),
                step(2, "read", VALUE, "7"),
                step(2, "write", VALUE, "8"),
                step(3, "read", "Other.flag", "0"),
            ),
            None,
        ),
        (
            (
                step(2, "read", VALUE, "1"),
                step(3, "write", VALUE, "0"),
                step(2, "raise", None, "IndexError: pop from empty list"),
            ),
            "Thread-1 read Counter.value as 1 and went on with that, after Thread-2 had changed it to 0",
        ),
        (
            (
                step(2, "read", "self._items", place=LOOK),
                step(3, "read", "self._items", place=LOOK),
                step(3, "write", "self._items", place=POP),
                step(2, "write", "self._items", place=POP),
            ),
            "Thread-1 looked at self._items and went on with that, after Thread-2 had changed it",
        ),
        (
            (
                step(2, "write", "alice.balance", "70", place=CREDIT),
                step(3, "read", "alice.balance", "70"),
                step(3, "read", "bob.balance", "0"),
                step(2, "write", "bob.balance", "30", place=CREDIT),
            ),
            "Thread-2 read alice.balance as 70, already changed by Thread-1, and bob.balance as 0, not yet changed",
        ),
    ],
    ids=["lost increment", "lost write", "none", "stale read", "container", "half done"],
)
def test_the_verdict_is_in_words(steps: tuple, verdict: str | None) -> None:  # type: ignore[type-arg]
    assert story(race(*steps)).verdict == verdict


def test_with_more_threads_the_verdict_names_the_two() -> None:
    steps = RACE.schedule.steps if RACE.schedule else ()
    verdict = story(race(*steps, threads=3)).verdict
    assert verdict == "Thread-1 and Thread-2 both read 0, so one increment was lost"


def accesses(first: tuple[str, ...], second: tuple[str, ...]) -> Diagnosis:
    other = at("counter.py:14", "self.value -= by", "decrement")
    return race(
        step(2, "read", VALUE, "0", locks=first),
        step(3, "read", VALUE, "0", locks=second, place=other),
        step(2, "write", VALUE, "1", locks=first),
        step(3, "write", VALUE, "1", locks=second, place=other),
        resources=(lock(1, "self._lock"), lock(2, "self._other"), lock(3, "self._lock")),
    )


@pytest.mark.parametrize(
    ("first", "second", "verdict"),
    [
        ((), (), "no lock is held at any access to Counter.value"),
        (
            ("r1",),
            (),
            "Counter.value: read with self._lock in counter.py:9, but read with no lock in counter.py:14",
        ),
        (
            ("r1",),
            ("r2",),
            "Counter.value: Thread-1 holds self._lock, Thread-2 holds self._other; no lock in common",
        ),
        (
            ("r1",),
            ("r3",),
            "Counter.value: each thread holds a self._lock of its own, so they do not exclude each other",
        ),
        (("r1",), ("r1",), "self._lock is held at each access to Counter.value, but given back in between"),
    ],
    ids=["none", "one side", "different", "own lock each", "given back"],
)
def test_the_lock_that_was_missing_is_named(
    first: tuple[str, ...], second: tuple[str, ...], verdict: str
) -> None:
    assert lock_verdict(accesses(first, second)) == verdict


def test_accesses_before_a_start_and_after_a_join_need_no_lock() -> None:
    guarded = race(
        step(1, "write", VALUE, "0"),
        step(1, "start", "Thread-1"),
        step(1, "start", "Thread-2"),
        step(2, "write", VALUE, "1", locks=("lock",)),
        step(3, "write", VALUE, "2", locks=("lock",)),
        step(1, "join", "Thread-1"),
        step(1, "join", "Thread-2"),
        step(1, "read", VALUE, "2", place=VERDICT_LINE),
    )
    assert lock_verdict(guarded) is None


def test_a_write_between_start_and_join_is_not_ordered() -> None:
    open_write = race(
        step(1, "start", "Thread-1"),
        step(1, "write", VALUE, "5"),
        step(2, "write", VALUE, "1"),
        step(1, "write", VALUE, "6"),
        step(1, "join", "Thread-1"),
    )
    assert lock_verdict(open_write) == "no lock is held at any access to Counter.value"


def test_fields_that_are_only_read_need_no_lock() -> None:
    assert lock_verdict(race(step(2, "read", VALUE, "0"), step(3, "read", VALUE, "0"))) is None


def test_a_finding_without_steps_has_no_story() -> None:
    bare = replace(RACE, schedule=Schedule(number=1, explored=1))
    assert story(bare).verdict is None
    assert lock_verdict(replace(RACE, schedule=None)) is None
    assert "RACE" in render(finding(bare))


def test_writes_say_what_they_replaced() -> None:
    told = story(race(step(2, "write", VALUE, "1"), step(3, "write", VALUE, "2", place=PLUS_EQUALS)))
    assert told.over == {1: "1"}
