"""`--sensei-html`: written at the end of the run, whatever the outcome."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pytest

SELF_DEADLOCK = """
import threading

def test_takes_it_twice():
    lock = threading.Lock()
    with lock:
        with lock:
            pass
"""


def test_findings_are_written_as_a_page(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(test_locks=SELF_DEADLOCK)
    result = pytester.runpytest_subprocess("--sensei-html=out.html", timeout=60)
    result.assert_outcomes(failed=1)
    page = (pytester.path / "out.html").read_text(encoding="utf-8")
    assert "<h1>1 finding</h1>" in page
    assert "test_locks.py::test_takes_it_twice" in page
    assert "<dd>1 failed</dd>" in page
    assert "<summary>Hint 1 of 3</summary>" in page


def test_under_xdist_the_page_has_what_the_workers_found(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(test_a=SELF_DEADLOCK, test_b=SELF_DEADLOCK)
    pytester.runpytest_subprocess("--sensei-html=out.html", "-n2", timeout=60).assert_outcomes(failed=2)
    page = (pytester.path / "out.html").read_text(encoding="utf-8")
    assert page.index("test_a.py::test_takes_it_twice") < page.index("test_b.py::test_takes_it_twice")


def test_without_hints_the_page_has_none(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(SELF_DEADLOCK)
    pytester.runpytest_subprocess("--sensei-html=out.html", "--hints=none", timeout=60)
    assert "<details>" not in (pytester.path / "out.html").read_text(encoding="utf-8")


def test_a_clean_run_says_that_nothing_was_found(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("def test_it(): pass")
    pytester.runpytest_subprocess("--sensei-html=out.html", timeout=60).assert_outcomes(passed=1)
    assert "Nothing was found." in (pytester.path / "out.html").read_text(encoding="utf-8")


def test_a_file_that_cannot_be_written_is_a_usage_error(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("def test_it(): pass")
    result = pytester.runpytest_subprocess("--sensei-html=nowhere/out.html", timeout=60)
    assert result.ret == 4
    result.stderr.fnmatch_lines(["ERROR: --sensei-html=nowhere/out.html: cannot be written: No such file*"])
