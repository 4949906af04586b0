"""One screen of `kata watch`: the light is on it, however small the terminal is."""

from __future__ import annotations

import io
from dataclasses import replace

import pytest
from journal_rows import outcome
from kata_folders import make_kata
from pytest_sensei.diagnosis import Light
from pytest_sensei.dojo import watch_page
from pytest_sensei.dojo.katas import read_kata
from pytest_sensei.dojo.outcome import TestResult
from pytest_sensei.dojo.screen import Screen
from rich.console import Console

FAILURE = "\n" + "\n".join(f"line {number} of the failure" for number in range(1, 13))
LADDER = ("A question that is so long that it takes more than one line of a terminal. " * 3, "b", "c")


@pytest.fixture
def kata(tmp_path):
    return read_kata(make_kata(tmp_path, "03_adding"))


def shown(kata, told, *, height, plain=False):
    file = io.StringIO()
    console = Console(
        file=file,
        force_terminal=not plain,
        width=80,
        height=height,
        highlight=False,
        _environ={"TERM": "xterm"},
    )
    watch_page.result(Screen(console), kata, told, "", None)
    text = file.getvalue().rpartition("\x1b[H")[2]  # after the page was cleared
    return text.splitlines()


@pytest.mark.parametrize("height", [20, 24, 40])
def test_red_page_fits_with_the_light_above_the_end_of_the_failure(kata, height):
    told = replace(outcome("03_adding", Light.RED), ladder=LADDER, shown=1, failure=FAILURE, findings=())
    told = replace(told, tests=(TestResult("test_a", "failed"), TestResult("test_b", "failed")))
    lines = shown(kata, told, height=height)
    assert len(lines) < height  # one is left for the cursor
    assert "03 Adding" in lines[0]
    assert any("line 12 of the failure" in line for line in lines)
    assert "q quit" in lines[-1]


def test_plain_page_has_all_of_it(kata):
    told = replace(outcome("03_adding", Light.RED), failure=FAILURE)
    lines = shown(kata, told, height=10, plain=True)
    assert [line for line in lines if line.startswith("line ")] == FAILURE.split("\n")[1:]


def test_kata_that_could_not_run_counts_no_tests(kata):
    told = replace(
        outcome("03_adding", Light.AMBER), tests=(TestResult("test_a.py", "skipped"),), trouble="no server"
    )
    lines = shown(kata, told, height=24)
    assert "tests pass" not in lines[0]
    assert "no server" in lines
