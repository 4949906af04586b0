"""Exploration as a user meets it: the marker, the options, the output, the replay."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Project

LOST_UPDATE = """
import threading
import pytest

class Counter:
    def __init__(self):
        self.value = 0

    def increment(self):
        self.value += 1

@pytest.mark.interleave
def test_no_update_is_lost():
    counter = Counter()
    threads = [threading.Thread(target=counter.increment) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert counter.value == 2
"""
LOCKED = LOST_UPDATE.replace("self.value = 0", "self.value = 0; self.lock = threading.Lock()").replace(
    "self.value += 1", "with self.lock: self.value += 1"
)


def token_in(text: str) -> str:
    found = re.search(r"--sensei-replay=(\S+)", text)
    assert found is not None, text
    return found[1]


def told(text: str) -> str:
    """Return the picture of a finding."""
    return text[text.index(" RACE ") : text.index("def test_no_update_is_lost")]


def test_a_race_fails_the_test_with_its_picture_and_its_own_assertion(project: Project) -> None:
    run = project.run(LOST_UPDATE)
    run.result.assert_outcomes(failed=1)
    finding = run.only()
    assert (finding["kind"], finding["mode"], finding["proved"]) == ("race", "explored", True)
    assert "both read 0, so one increment was lost" in run.output
    assert "assert counter.value == 2" in run.output
    assert "pytest_sensei/explore" not in run.output
    assert finding["schedule"]["token"] == token_in(run.output)


def test_a_right_program_passes_and_its_report_says_what_was_covered(project: Project) -> None:
    run = project.run(LOCKED)
    run.result.assert_outcomes(passed=1)
    schedule = run.only()["schedule"]
    assert (run.kinds, schedule["distinct"], schedule["exhausted"]) == (["explored"], 2, True)
    assert run.only()["summary"] == "all 2 interleavings pass"


def test_without_the_marker_nothing_is_explored_unless_asked_for(project: Project) -> None:
    bare = LOST_UPDATE.replace("@pytest.mark.interleave\n", "")
    project.run(bare).result.assert_outcomes(passed=1)
    project.run(bare, "--interleave").result.assert_outcomes(failed=1)


def test_the_token_replays_the_same_failure_with_the_same_text(project: Project) -> None:
    first = project.run(LOST_UPDATE)
    token = token_in(first.output)
    again = project.run(LOST_UPDATE, f"--sensei-replay={token}")
    again.result.assert_outcomes(failed=1)
    assert told(again.output).splitlines()[1:] == told(first.output).splitlines()[1:]
    assert token_in(again.output) == token
    third = project.run(LOST_UPDATE, f"--sensei-replay={token}")
    assert told(third.output) == told(again.output)


def test_a_token_of_another_test_is_refused(project: Project) -> None:
    token = token_in(project.run(LOST_UPDATE).output)
    run = project.run(LOST_UPDATE.replace("range(2)", "range(3)"), f"--sensei-replay={token}")
    run.result.assert_outcomes(errors=0, failed=1)
    assert "no schedule of this test as it stands now" in run.output
    assert "calling.py" not in run.output


def test_the_schedule_that_failed_last_is_tried_first(project: Project) -> None:
    project.run(LOST_UPDATE, "-p", "cacheprovider")
    run = project.run(LOST_UPDATE, "-p", "cacheprovider")
    run.result.assert_outcomes(failed=1)
    assert run.only()["schedule"]["explored"] == 1
    project.run(LOCKED, "-p", "cacheprovider").result.assert_outcomes(passed=1)


def test_fixtures_are_built_once_and_parameters_and_classes_work(project: Project) -> None:
    run = project.run(
        """
        import threading
        import pytest

        built = []

        @pytest.fixture
        def lock():
            built.append(1)
            yield threading.Lock()
            assert len(built) == 1
            built.clear()

        class TestSums:
            @pytest.mark.interleave
            @pytest.mark.parametrize("step", [1, 2])
            def test_sum(self, lock, step):
                total = [0]
                def add():
                    with lock:
                        total[0] += step
                threads = [threading.Thread(target=add) for _ in range(2)]
                for thread in threads: thread.start()
                for thread in threads: thread.join()
                assert total == [2 * step]
        """
    )
    run.result.assert_outcomes(passed=2)
    assert [finding["schedule"]["distinct"] for finding in run.findings] == [2, 2]


def test_code_of_other_modules_of_the_folder_and_of_named_packages_is_seen(project: Project) -> None:
    counter = """
    class Counter:
        value = 0
        def increment(self):
            self.value += 1
    """
    test = """
    import threading
    import pytest
    from {module} import Counter

    @pytest.mark.interleave
    def test_it():
        counter = Counter()
        threads = [threading.Thread(target=counter.increment) for _ in range(2)]
        for thread in threads: thread.start()
        for thread in threads: thread.join()
        assert counter.value == 2
    """
    project.run(test.format(module="counting"), counting=counter).result.assert_outcomes(failed=1)
    package = project.pytester.mkpydir("package")
    package.joinpath("inner.py").write_text("from package.deep import Counter\n", encoding="utf-8")
    source = "class Counter:\n    value = 0\n    def increment(self):\n        self.value += 1\n"
    package.joinpath("deep.py").write_text(source, encoding="utf-8")
    project.run(
        test.format(module="package.inner"), "-o", "sensei_instrument=package"
    ).result.assert_outcomes(failed=1)


def test_a_skip_inside_is_a_skip(project: Project) -> None:
    run = project.run(
        """
        import pytest

        @pytest.mark.interleave
        def test_it():
            pytest.skip("not here")
        """
    )
    run.result.assert_outcomes(skipped=1)


def test_output_is_shown_once_and_capsys_works(project: Project) -> None:
    run = project.run(
        """
        import pytest

        @pytest.mark.interleave
        def test_prints():
            print("only once")
            assert False

        @pytest.mark.interleave
        def test_captures(capsys):
            print("hello")
            assert capsys.readouterr().out == "hello\\n"
        """
    )
    run.result.assert_outcomes(passed=1, failed=1)
    assert len(re.findall(r"^only once$", run.output, re.MULTILINE)) == 1


def test_a_deadlock_is_raised_at_the_blocked_line(project: Project) -> None:
    run = project.run(
        """
        import threading
        import pytest

        @pytest.mark.interleave
        def test_it():
            one, two = threading.Lock(), threading.Lock()
            def both(first, second):
                with first:
                    with second:
                        pass
            threads = [threading.Thread(target=both, args=pair) for pair in ((one, two), (two, one))]
            for thread in threads: thread.start()
            for thread in threads: thread.join()

        def test_next():
            assert threading.active_count() == 1
        """
    )
    run.result.assert_outcomes(passed=1, failed=1)
    assert run.only()["kind"] == "deadlock-cycle"
    assert re.search(r"^> .*thread\.join\(\)", run.output, re.MULTILINE)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("strategy='luck'", "expected one of auto, dpor"),
        ("schedules=3", "unknown argument"),
        ("max_seconds='long'", "expected a number"),
        ("3", "keyword arguments only"),
    ],
)
def test_a_wrong_marker_is_explained(project: Project, arguments: str, message: str) -> None:
    run = project.run(
        f"""
        import pytest

        @pytest.mark.interleave({arguments})
        def test_it():
            pass
        """
    )
    run.result.assert_outcomes(failed=1)
    assert message in run.output
    assert "calling.py" not in run.output


def test_under_xdist_findings_reach_the_report(project: Project) -> None:
    run = project.run(LOST_UPDATE + LOCKED.replace("no_update", "nothing"), "-n", "2")
    assert sorted(run.kinds) == ["explored", "race"] or sorted(run.kinds) == ["explored", "explored"]


def test_an_exploration_leaves_no_warning_and_no_thread_for_a_fork(project: Project) -> None:
    run = project.run(
        """
        import os
        import threading
        import pytest

        @pytest.mark.interleave
        def test_explored():
            thread = threading.Thread(target=lambda: None)
            thread.start()
            thread.join()

        def test_forks():
            child = os.fork()
            if not child:
                os._exit(0)
            os.waitpid(child, 0)
        """,
        "-W",
        "error",
    )
    run.result.assert_outcomes(passed=2)


@pytest.mark.parametrize(
    "source",
    [
        """
        import pytest

        @pytest.mark.interleave
        async def test_it():
            pass
        """,
        """
        import unittest
        import pytest

        class TestIt(unittest.TestCase):
            @pytest.mark.interleave
            def test_it(self):
                pass
        """,
    ],
    ids=["coroutine", "TestCase"],
)
def test_the_marker_is_refused_where_it_would_do_nothing(project: Project, source: str) -> None:
    run = project.run(source)
    run.result.assert_outcomes(errors=1)
    assert "plain test functions and methods only" in run.output


def test_the_time_limit_of_the_test_ends_an_exploration(project: Project) -> None:
    run = project.run(
        """
        import threading
        import pytest

        @pytest.mark.interleave(max_schedules=10**9, max_seconds=100)
        @pytest.mark.timeout(1)
        def test_it():
            lock = threading.Lock()
            def work():
                for _ in range(50):
                    with lock: pass
            threads = [threading.Thread(target=work) for _ in range(3)]
            for thread in threads: thread.start()
            for thread in threads: thread.join()

        def test_next():
            assert threading.active_count() == 1
        """
    )
    run.result.assert_outcomes(passed=1, failed=1)
    assert "timeout" in run.kinds


SPIN = """
import threading, pytest

@pytest.mark.interleave
def test_it():
    done = []
    def wait():
        while not done:
            pass
    thread = threading.Thread(target=wait, name="spinner")
    thread.start()
    {then}
    thread.join()
"""


@pytest.mark.parametrize(("then", "proved"), [("done.append(1)", True), ("pass", False)])
def test_a_loop_without_end_is_named_by_its_line(project: Project, then: str, proved: bool) -> None:
    finding = project.run(SPIN.format(then=then)).only()
    assert (finding["kind"], finding["proved"]) == ("spinning", proved)
    assert [place["source"] for place in finding["culprits"]] == ["while not done:"]
    assert finding["actors"][0]["thread"] == "spinner"


@pytest.mark.parametrize(("pause", "kind"), [("time.sleep(0.1)", "explored"), ("never.wait()", "spinning")])
def test_who_tries_again_until_a_sleeper_gives_way_is_not_accused(
    project: Project, pause: str, kind: str
) -> None:
    run = project.run(
        f"""
        import threading, time, pytest

        @pytest.mark.interleave
        def test_it():
            lock, held, never = threading.Lock(), threading.Event(), threading.Event()
            def hold():
                with lock:
                    held.set()
                    {pause}
            def try_again():
                held.wait()
                while not lock.acquire(timeout=0.001):
                    pass
                lock.release()
            threads = [threading.Thread(target=each) for each in (hold, try_again)]
            for thread in threads: thread.start()
            for thread in threads: thread.join()
        """
    )
    assert run.only()["kind"] == kind


@pytest.mark.parametrize(("rounds", "kind"), [(20, "explored"), (200, "spinning")])
def test_how_many_steps_are_too_many_can_be_said(project: Project, rounds: int, kind: str) -> None:
    run = project.run(
        f"""
        import threading, time, pytest

        @pytest.mark.interleave(max_steps=150)
        def test_it():
            def look_now_and_then():
                for _ in range({rounds}):
                    time.sleep(0.01)
            thread = threading.Thread(target=look_now_and_then)
            thread.start()
            thread.join()
        """
    )
    assert run.only()["kind"] == kind


def test_that_all_went_well_needs_no_hint(project: Project) -> None:
    note = project.run(LOCKED).only()
    assert note["kind"] == "explored"
    assert "hints" not in note


SET_OF_WAITERS = """
import queue, threading, time, pytest

class Bell:
    def __init__(self):
        self.lock, self.waiters = threading.Lock(), set()

    def wait(self):
        waiter = {waiter}
        with self.lock:
            self.waiters.add(waiter)
        waiter.get()

    def ring(self):
        with self.lock:
            {wake}

def run(bell, heard, others):
    def wait():
        bell.wait()
        heard.append(1)
    threads = [threading.Thread(target=wait) for _ in range(3)]
    for thread in threads: thread.start()
    time.sleep(1)  # ends when nobody else can run: now all wait
    for other in others: other()
    for thread in threads: thread.join()

@pytest.mark.interleave(max_schedules=150)
def test_it():
    bell, heard = Bell(), []
    run(bell, heard, [bell.ring])
    assert len(heard) == 3
"""
WAYS_TO_WAKE = {
    "for": "for waiter in self.waiters: waiter.put(1)",
    "list": "for waiter in list(self.waiters): waiter.put(1)",
    "pop": "while self.waiters: self.waiters.pop().put(1)",
    "comprehension": "[waiter.put(1) for waiter in self.waiters]",
    "copy": "for waiter in self.waiters.copy(): waiter.put(1)",
}


@pytest.mark.parametrize("wake", WAYS_TO_WAKE.values(), ids=WAYS_TO_WAKE)
@pytest.mark.parametrize("waiter", ["queue.SimpleQueue()", "queue.Queue()"])
def test_the_order_of_a_set_is_the_same_in_each_execution(project: Project, waiter: str, wake: str) -> None:
    run = project.run(SET_OF_WAITERS.format(waiter=waiter, wake=wake))
    assert run.kinds == ["explored"]
    run.result.assert_outcomes(passed=1)


def test_a_set_that_changes_while_it_is_gone_through_is_noticed_in_any_order(project: Project) -> None:
    wake = "for waiter in self.waiters: self.waiters.discard(waiter); waiter.put(1)"
    run = project.run(SET_OF_WAITERS.format(waiter="queue.SimpleQueue()", wake=wake))
    assert "Set changed size during iteration" in run.output
    run.result.assert_outcomes(failed=1)
