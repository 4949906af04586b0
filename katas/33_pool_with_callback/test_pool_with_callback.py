"""Callbacks of a pool: where they run, how often, and what becomes of their exceptions."""

from __future__ import annotations

import multiprocessing
import os
import time
from collections.abc import Iterator
from typing import Any

import fetching
import pytest
from fetching import AngryNotes, Notes, PickyNotes
from pool_with_callback import fetch_all

METHODS = multiprocessing.get_all_start_methods()


@pytest.fixture(autouse=True)
def start_method(request: pytest.FixtureRequest) -> Iterator[None]:
    """Start workers by fork, where there is one, or as the test says."""
    before = multiprocessing.get_start_method(allow_none=True)
    usual = "fork" if "fork" in METHODS else METHODS[0]
    multiprocessing.set_start_method(getattr(request, "param", usual), force=True)
    yield
    multiprocessing.set_start_method(before, force=True)


def test_no_urls_give_no_pages() -> None:
    notes = Notes()

    assert fetch_all([], fetching.page_of, notes.page, notes.error) == 0
    assert (notes.pages, notes.errors) == ([], [])


def test_each_page_is_told_once() -> None:
    notes = Notes()

    count = fetch_all(["a", "b", "c", "d"], fetching.page_of, notes.page, notes.error)

    assert notes.errors == [], "each page can be fetched"
    assert sorted(notes.pages) == ["page of a", "page of b", "page of c", "page of d"]
    assert count == 4


def test_pages_are_fetched_in_other_processes() -> None:
    notes = Notes()

    fetch_all(["a", "b"], fetching.pid_of_worker, notes.page, notes.error)

    assert len(notes.pages) == 2
    assert os.getpid() not in notes.pages


def test_callbacks_run_in_the_main_process() -> None:
    notes = Notes()

    fetch_all(["a", "bad b"], fetching.good_or_bad, notes.page, notes.error)

    assert notes.pids == {os.getpid()}


def test_two_pages_are_fetched_at_the_same_time() -> None:
    notes = Notes()

    fetch_all(["here", "there"], fetching.MeetingFetch(), notes.page, notes.error)

    assert len(set(notes.pages)) == 2


def test_an_empty_page_is_a_page() -> None:
    notes = Notes()

    assert fetch_all(["a", "b"], fetching.nothing, notes.page, notes.error) == 2
    assert notes.pages == [None, None]


def test_each_error_is_told_once() -> None:
    notes = Notes()

    count = fetch_all(["bad a", "b", "bad c", "d"], fetching.good_or_bad, notes.page, notes.error)

    assert sorted(notes.errors) == [
        "ConnectionError('no answer from bad a')",
        "ConnectionError('no answer from bad c')",
    ]
    assert sorted(notes.pages) == ["page of b", "page of d"]
    assert count == 2, "two pages have come, and two errors, which are no pages"


def test_all_callbacks_have_ended_when_it_returns() -> None:
    pages: list[Any] = []

    def slowly(page: Any) -> None:
        time.sleep(0.1)  # the time in which an answer that does not wait returns
        pages.append(page)

    fetch_all(["a", "b"], fetching.page_of, slowly, pages.append)

    assert sorted(pages) == ["page of a", "page of b"]


@pytest.mark.parametrize(
    "urls", [["a", "b", "c"], ["bad a", "bad b", "bad c"], ["a", "bad b"], ["a"]], ids=str
)
def test_all_callbacks_run_when_one_of_them_raises(urls: list[str]) -> None:
    notes = PickyNotes(calls=len(urls))

    with pytest.raises(KeyError, match="in the callback"):
        fetch_all(urls, fetching.good_or_bad, notes.page, notes.error)

    assert len(notes.pages) + len(notes.errors) == len(urls)


@pytest.mark.timeout(5)
def test_of_two_callbacks_that_raise_the_exception_of_the_first_is_raised() -> None:
    notes = AngryNotes()

    with pytest.raises(KeyError, match="in callback") as raised:
        fetch_all(["a", "b", "c"], fetching.page_of, notes.page, notes.error)

    assert "callback 1" in str(raised.value)


@pytest.mark.usefixtures("limits_are_over")
def test_a_page_may_take_as_long_as_it_takes() -> None:
    notes = Notes()

    count = fetch_all(["a", "b"], fetching.TakesLong(os.getpid()), notes.page, notes.error)

    assert sorted(notes.pages) == ["page of a", "page of b"], "a page was still being fetched"
    assert count == 2


def test_no_worker_is_left() -> None:
    notes = Notes()

    fetch_all(["a", "b"], fetching.StaysLate(os.getpid()), notes.page, notes.error)

    assert multiprocessing.active_children() == []


@pytest.mark.parametrize("start_method", METHODS, indirect=True)
def test_it_works_however_the_workers_are_started(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: 1)  # few workers: to start one afresh takes a while
    notes = Notes()

    assert fetch_all(["a", "bad b", "c"], fetching.good_or_bad, notes.page, notes.error) == 2
    assert sorted(notes.pages) == ["page of a", "page of c"]
    assert notes.errors == ["ConnectionError('no answer from bad b')"]
