"""Counting words in a shared dictionary: what is counted, what gets lost, and who is left."""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterator
from multiprocessing.managers import BaseManager, BaseProxy
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import pytest
import slow_texts
from tally import tally

METHODS = multiprocessing.get_all_start_methods()

managers: list[BaseManager] = []


@pytest.fixture(autouse=True)
def start_method(request: pytest.FixtureRequest) -> Iterator[None]:
    """Start processes by fork, where there is one, or as the test says."""
    before = multiprocessing.get_start_method(allow_none=True)
    usual = "fork" if "fork" in METHODS else METHODS[0]
    multiprocessing.set_start_method(getattr(request, "param", usual), force=True)
    yield
    multiprocessing.set_start_method(before, force=True)


@pytest.fixture(autouse=True)
def _managers_live_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep every manager until the next test: the garbage collector shall not do what the answer has to do."""
    managers.clear()
    start = BaseManager.start

    def start_and_keep(self: BaseManager, *arguments: Any, **options: Any) -> None:
        managers.append(self)
        start(self, *arguments, **options)

    monkeypatch.setattr(BaseManager, "start", start_and_keep)


def test_the_words_of_all_texts_are_counted() -> None:
    texts = ["to be or not to be", "that is the question", "to sleep"]

    counts = tally(texts, 2)

    expected = {"to": 3, "be": 2, "or": 1, "not": 1, "that": 1, "is": 1, "the": 1, "question": 1, "sleep": 1}
    assert counts == expected


def test_the_result_is_a_plain_dict() -> None:
    assert isinstance(tally(["a"], 1), dict)


def test_words_are_what_split_finds() -> None:
    assert tally(["A  a\tA\n", "", "a,"], 2) == {"A": 2, "a": 1, "a,": 1}


def test_no_texts_have_no_words() -> None:
    assert tally([], 2) == {}


@pytest.mark.parametrize(("texts", "workers"), [(7, 3), (2, 5), (3, 1)])
def test_no_text_is_forgotten(texts: int, workers: int) -> None:
    assert tally([f"same word{number}" for number in range(texts)], workers) == {
        "same": texts,
        **{f"word{number}": 1 for number in range(texts)},
    }


def test_no_count_is_lost_when_two_processes_count_the_same_word(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    call: Any = vars(BaseProxy)["_callmethod"]
    monkeypatch.setattr(BaseProxy, "_callmethod", slow_texts.slow_reads(call, tmp_path))

    assert tally([slow_texts.text("word", tmp_path), slow_texts.text("word", tmp_path)], 2) == {"word": 2}


@pytest.mark.usefixtures("limits_are_over")
def test_each_waits_for_as_long_as_another_one_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    call: Any = vars(BaseProxy)["_callmethod"]
    slow_call = slow_texts.slow_reads(slow_texts.short_limits(call), tmp_path)
    monkeypatch.setattr(BaseProxy, "_callmethod", slow_call)

    assert tally([slow_texts.text("word", tmp_path), slow_texts.text("word", tmp_path)], 2) == {"word": 2}


def test_the_words_are_counted_by_so_many_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[BaseProcess] = []
    start = BaseProcess.start

    def start_and_count(self: BaseProcess) -> None:
        started.append(self)
        start(self)

    monkeypatch.setattr(BaseProcess, "start", start_and_count)

    tally(["a b", "b c", "c d", "d e"], 2)

    assert len(started) >= 3  # two workers, and the manager's


def test_the_processes_work_at_the_same_time(tmp_path: Path) -> None:
    texts = [slow_texts.text(words, tmp_path, slow_texts.TextForTwo) for words in ("a b", "b c")]

    assert tally(texts, 2) == {"a": 1, "b": 2, "c": 1}

    split_by_workers = (tmp_path / "alone").exists()
    assert (tmp_path / "met").exists() or not split_by_workers, "one process worked after the other"


def test_no_process_is_left() -> None:
    tally(["a b", "b c"], 2)

    assert multiprocessing.active_children() == []


@pytest.mark.parametrize("start_method", METHODS, indirect=True)
def test_it_works_however_processes_are_started() -> None:
    assert tally(["a b", "b c"], 1) == {"a": 1, "b": 2, "c": 1}
