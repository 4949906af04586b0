"""What a finding looks like in a terminal."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from finding_samples import (
    DEADLOCK,
    DIAGNOSES,
    LEAKED_THREAD,
    LOCK_ORDER,
    LOST_EXCEPTION,
    SELF_DEADLOCK,
    STALLED,
    THREE_THREADS,
    TIMEOUT,
    actor,
    at,
    finding,
    lock,
)
from pytest_sensei.diagnosis import Diagnosis, Hold, Kind, Light, Severity, Wait, some
from pytest_sensei.explain.terminal import one_line, render, render_hints, render_light, warning_lines
from rich.cells import cell_len

SAMPLES = pytest.mark.parametrize(
    "diagnosis",
    [*DIAGNOSES.values(), THREE_THREADS],
    ids=[*(kind.value for kind in DIAGNOSES), "three-threads"],
)
WIDTHS = pytest.mark.parametrize("width", [80, 120])
ESCAPES = re.compile(r"\x1b\[[0-9;]*m")


def test_a_deadlock_shows_who_holds_and_waits_for_what() -> None:
    assert render(finding(DEADLOCK), advise=False) == "\n".join(
        [
            " DEADLOCK   2 threads wait for each other         proved 63 ms after it formed",
            "",
            "   Aristotle ─ holds  forks[0]  table.py:14   with first:",
            "             └ waits  forks[1]  table.py:15   with second:",
            "   Plato     ─ holds  forks[1]  table.py:14   with first:",
            "             └ waits  forks[0]  table.py:15   with second:",
        ]
    )


def test_a_deadlock_in_plain_ascii_says_the_same() -> None:
    assert render(finding(DEADLOCK), unicode=False, advise=False).splitlines()[2:4] == [
        "   Aristotle - holds  forks[0]  table.py:14   with first:",
        "             + waits  forks[1]  table.py:15   with second:",
    ]


def test_a_leaked_thread_is_told_in_four_parts() -> None:
    assert render(finding(LEAKED_THREAD)).splitlines()[2:] == [
        '   started   test_feed.py:12   Thread(target=feed, name="feeder").start()',
        "   waits in  feed.py:7         item = inbox.get()",
        "   why       a thread that outlives its test keeps running inside the next ones",
        "   try       put a sentinel and join() the thread before the test returns",
    ]


def test_a_leak_without_resources_takes_its_places_from_the_culprits() -> None:
    here, began = at("feed.py:7", "item = inbox.get()"), at("test_feed.py:12", "feeder.start()")
    diagnosis = Diagnosis(
        Kind.LEAKED_THREAD,
        "feeder is still running after the test",
        actors=(actor(1, "feeder", "waiting", place=here),),
        culprits=(began, here),
    )
    assert render(finding(diagnosis)).splitlines()[2:4] == [
        "   started   test_feed.py:12   feeder.start()",
        "   waits in  feed.py:7         item = inbox.get()",
    ]


def test_a_warning_says_so_and_how_to_silence_it() -> None:
    text = render(finding(LEAKED_THREAD, severity=Severity.WARN))
    assert text.startswith(" LEAKED THREAD (warning)   'feeder' is still running")
    assert text.splitlines()[-1] == '   silence   @pytest.mark.sensei(leaks="off")'


def test_a_self_deadlock_shows_both_lines() -> None:
    assert render(finding(SELF_DEADLOCK), advise=False).splitlines()[3:] == [
        "   MainThread ─ holds  self._lock  counter.py:15   with self._lock:",
        "              └ waits  self._lock  counter.py:10   with self._lock:",
        "",
        "   why  a plain Lock does not ask who holds it: its own holder waits as well",
    ]


def test_a_stall_names_what_is_waited_for_and_why_nobody_wakes_it() -> None:
    assert render(finding(STALLED), width=120, advise=False).splitlines()[2:] == [
        "   MainThread ─ joins  worker-1              test_semaphore.py:31   worker.join()",
        "   worker-1   ─ waits  Condition self._cond  semaphore.py:17        self._cond.wait()",
        "",
        "   why  everybody who could end this wait is waiting for ever too",
        "   and  notify is called nowhere that a running thread could reach",
    ]


def test_a_stall_of_one_says_that_nobody_else_is_left() -> None:
    alone = replace(STALLED, actors=STALLED.actors[1:], waits=STALLED.waits[1:])
    assert "nobody else is left who could end this wait" in render(finding(alone))


def test_an_abandoned_lock_names_who_ended_and_where_it_took_the_lock() -> None:
    assert render(finding(DIAGNOSES[Kind.ABANDONED_LOCK])).splitlines()[4:6] == [
        "   worker-1   ─ took   self._lock  counter.py:10   self._lock.acquire()",
        "              └ ended  without giving it back",
    ]


def test_a_lock_order_shows_both_orders_with_both_places() -> None:
    assert render(finding(LOCK_ORDER)).splitlines()[2:6] == [
        "   Thread-1 (transfer) ─ takes  alice.lock  transfer.py:21   with source.lock:",
        "                       └ then   bob.lock    transfer.py:22   with target.lock:",
        "   Thread-2 (transfer) ─ takes  bob.lock    transfer.py:21   with source.lock:",
        "                       └ then   alice.lock  transfer.py:22   with target.lock:",
    ]


def test_a_lost_exception_shows_where_it_was_raised_first() -> None:
    assert render(finding(LOST_EXCEPTION)).splitlines()[2:4] == [
        "   raised in  jobs.py:4         return total / count",
        "   started    test_jobs.py:10   Thread(target=mean, args=([],))",
    ]


def test_a_timeout_proves_nothing_and_shows_where_everybody_is() -> None:
    lines = render(finding(TIMEOUT)).splitlines()
    assert lines[0].endswith("not proved")
    assert lines[2:4] == [
        "   MainThread ─ joins  reader  test_client.py:19   reader.join()",
        "   reader     ─ runs           client.py:40        reply = sock.recv(4096)",
    ]


def test_an_explored_deadlock_says_in_which_interleaving_and_how_to_replay_it() -> None:
    schedule = DIAGNOSES[Kind.RACE].schedule
    text = render(finding(replace(DEADLOCK, mode="explored", latency_ms=None, schedule=schedule)))
    assert text.splitlines()[0].endswith("in interleaving 2 of 4")
    assert text.splitlines()[-1].endswith("pytest tests/test_it.py::test_it --sensei-replay=c3-2x1")


def test_many_actors_are_counted_and_shown_only_when_asked() -> None:
    crowd = Diagnosis(
        Kind.STALLED,
        "20 threads wait, and nobody is left who could wake them",
        actors=tuple(actor(number, f"worker-{number}") for number in range(20)),
        resources=(lock(1, "self._cond", "Condition"),),
        waits=tuple(Wait(f"a{number}", "r1", at("pool.py:9", "self._cond.wait()")) for number in range(20)),
    )
    text = render(finding(crowd))
    assert len(text.splitlines()) <= 22
    assert re.search(r"^   and \d+ more \(-v shows them\)$", text, re.MULTILINE)
    assert text.count("self._cond.wait()") + int(re.findall(r"and (\d+) more", text)[0]) == 20
    assert render(finding(crowd), verbose=True).count("self._cond.wait()") == 20


@SAMPLES
@WIDTHS
@pytest.mark.parametrize("unicode", [True, False], ids=["unicode", "ascii"])
def test_every_kind_fits_the_screen(diagnosis: Diagnosis, width: int, unicode: bool) -> None:
    text = render(finding(diagnosis), width=width, unicode=unicode)
    lines = [line for line in text.splitlines() if "--sensei-replay" not in line]
    assert max(map(cell_len, lines)) <= width
    assert len(lines) <= 22
    assert unicode or text.isascii()
    assert not any(line.endswith(" ") for line in lines)


@SAMPLES
def test_colour_adds_nothing_but_colour(diagnosis: Diagnosis) -> None:
    colored = render(finding(diagnosis), color=True)
    assert "\x1b[" in colored
    assert ESCAPES.sub("", colored) == render(finding(diagnosis))


@SAMPLES
@WIDTHS
def test_every_kind_has_a_line_for_the_summary(diagnosis: Diagnosis, width: int) -> None:
    text = one_line(finding(diagnosis), width=width)
    assert cell_len(text) <= width
    assert "tests/test_it.py::test_it" in text


def test_the_line_for_the_summary_ends_with_the_line_to_look_at() -> None:
    assert one_line(finding(DEADLOCK), width=120) == (
        "DEADLOCK  tests/test_it.py::test_it - 2 threads wait for each other (table.py:15)"
    )


@SAMPLES
@WIDTHS
def test_a_warning_says_below_its_test_what_is_so_and_where(diagnosis: Diagnosis, width: int) -> None:
    head, text = warning_lines(finding(diagnosis, severity=Severity.WARN), width=width)
    assert "(warning)" in head
    assert head.endswith("tests/test_it.py::test_it")
    assert text.startswith("  ")
    assert cell_len(text) <= width
    assert all(place.file.rpartition("/")[2][:8] in text for place in diagnosis.culprits[:1])


def test_a_long_test_name_is_never_cut() -> None:
    nodeid = "tests/" + "very_long/" * 12 + "test_it.py::test_it"
    assert one_line(finding(DEADLOCK, nodeid=nodeid)) == f"DEADLOCK  {nodeid}"


def test_addresses_are_never_shown() -> None:
    named = replace(
        DEADLOCK,
        summary="waits for <_thread.lock object at 0x7f3a91c0>",
        resources=(lock(1, "<Fork object at 0x7f3a91c0>"), lock(2, "forks[1]")),
    )
    text = render(finding(named))
    assert "0x" not in text
    assert "<Fork object>" in text


def test_hostile_text_cannot_move_the_cursor() -> None:
    hostile = replace(
        DEADLOCK,
        summary="two\x1b[2Jthreads\r\n wait\u202e",
        actors=(actor(1, "Arist\x07otle"), actor(2, "Pla\nto")),
    )
    text = render(finding(hostile))
    assert "two\\x1b[2Jthreads wait\\u202e" in text
    assert "Arist\\x07otle" in text
    assert "Pla to" in text
    assert not set(text) & {"\x1b", "\r", "\x07", "\u202e"}


def test_wide_characters_keep_the_columns() -> None:
    wide = replace(DEADLOCK, actors=(actor(1, "哲学者"), actor(2, "Plato")))
    lines = render(finding(wide)).splitlines()[2:6]
    assert len({cell_len(line[: line.index("table.py")]) for line in lines}) == 1


def test_a_long_path_loses_its_folders_first_and_never_its_line() -> None:
    deep = at(
        "tests/mistakes/12_philosophers/all_left_first/philosophers.py:1234", "with self.forks[seat + 1]:"
    )
    diagnosis = replace(DEADLOCK, holds=(Hold("a1", "r1", deep), Hold("a2", "r2", deep)))
    text = render(finding(diagnosis))
    assert "…/philosophers.py:1234   with self.forks[seat…" in text


def test_actors_of_several_processes_are_told_apart() -> None:
    crowd = (
        actor(1, "MainThread"),
        actor(2, "MainThread", process="Process-1", pid=2),
        actor(3, "feeder", process="Process-1", pid=2),
        actor(4, "twin"),
        actor(5, "twin"),
    )
    text = render(finding(replace(TIMEOUT, actors=crowd, waits=())))
    names = [line[3:].split(" ─ ")[0].strip() for line in text.splitlines() if " ─ " in line]
    assert names == ["MainThread", "Process-1", "Process-1/feeder", "twin #1", "twin #2"]


LADDER = (
    "Both took their left fork first. What if they agreed on an order?",
    "Take the lower one first.",
    "  with first:\n      with second:\n          eat()",
)


def test_a_hint_is_counted_and_names_the_next_one() -> None:
    assert render_hints(LADDER, next_hint="kata hint 12") == "\n".join(
        [
            " hint 1 of 3   Both took their left fork first. What if they agreed on an",
            "               order?",
            "               next hint: kata hint 12",
        ]
    )


def test_all_hints_are_shown_with_their_code_in_shape() -> None:
    assert render_hints(LADDER, shown=(2, 3), next_hint="kata hint 12", width=120) == "\n".join(
        [
            " hint 2 of 3   Take the lower one first.",
            " hint 3 of 3   with first:",
            "                   with second:",
            "                       eat()",
        ]
    )


@pytest.mark.parametrize(
    ("light", "text"),
    [
        (Light.RED, "[R] red"),
        (Light.AMBER, "[A] amber"),
        (Light.GREEN, "[G] green"),
        (Light.BLACK, "[B] black"),
    ],
)
def test_a_light_has_a_letter_and_a_name(light: Light, text: str) -> None:
    assert render_light(light) == text
    assert ESCAPES.sub("", render_light(light, color=True)) == text


@pytest.mark.parametrize(
    ("type_", "called"),
    [("Lock", "a Lock"), ("Event", "an Event"), ("ApplyResult", "an ApplyResult"), ("RLock", "an RLock")],
)
def test_a_thing_without_a_name_gets_the_article_that_one_says(type_: str, called: str) -> None:
    assert some(type_) == called
