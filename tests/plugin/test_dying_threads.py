"""A thread that dies in an exploration: its own exception is told, not only what the test made of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from conftest import Project

LAST_ONE = """
import threading
import pytest

@pytest.mark.interleave
def test_one_takes_it_and_both_say_so():
    items = ["only one"]
    done = []

    def take():
        if items:
            items.pop()
        done.append(True)

    threads = [threading.Thread(target=take) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(done) == 2
"""

DIES_AT_ONCE = """
import threading
import pytest

@pytest.mark.interleave
def test_nobody_dies():
    box = {"open": True}

    def close():
        box["open"] = False

    def look(is_open):
        assert is_open

    closer = threading.Thread(target=close)
    closer.start()
    looker = threading.Thread(target=look, args=(box["open"],), name="looker")
    looker.start()
    closer.join()
    looker.join()
"""


def test_the_exception_of_a_thread_is_told_before_what_the_test_made_of_it(project: Project) -> None:
    run = project.run(LAST_ONE)
    run.result.assert_outcomes(failed=1)
    assert run.only()["summary"] == "IndexError: pop from empty list"
    assert "items.pop()" in run.output


def test_a_thread_that_died_without_touching_anything_shared_is_named(project: Project) -> None:
    run = project.run(DIES_AT_ONCE)
    run.result.assert_outcomes(failed=1)
    assert run.kinds == ["race"]
    assert "looker" in [actor["thread"] for actor in run.only()["actors"]]


DIED_AND_FAILED = """
import threading, pytest
@pytest.mark.interleave
def test_it():
    got = []
    def fetch():
        got.append({}["missing"])
    fetcher = threading.Thread(target=fetch)
    fetcher.start()
    fetcher.join()
    assert got == [1]
"""


def test_a_test_that_fails_fails_whatever_its_threads_died_of(project: Project) -> None:
    run = project.run(DIED_AND_FAILED)
    assert run.kinds == ["lost-exception"]
    run.result.assert_outcomes(failed=1)
    run.result.stdout.fnmatch_lines(["*assert [[][]] == [[]1[]]"])
