"""Blocks of shared memory that nobody unlinks or closes, and healthy ways to use them."""

from __future__ import annotations

import sys
import textwrap
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from conftest import Project, Run

METHODS = ("fork", "forkserver", "spawn")
STRICT = ("--sensei-leaks=error", "-W", "ignore::DeprecationWarning")

HEADER = """
import multiprocessing, os, pytest, signal
from multiprocessing.managers import SharedMemoryManager
from multiprocessing.shared_memory import ShareableList, SharedMemory
ctx = multiprocessing.get_context("{method}")
kept = []

def make(sender):
    block = SharedMemory(create=True, size=300)
    sender.send(block.name)
    block.close()

def make_and_die(sender):
    block = SharedMemory(create=True, size=300)
    sender.send(block.name)
    os.kill(os.getpid(), signal.SIGKILL)

def make_and_unlink():
    block = SharedMemory(create=True, size=300)
    block.close()
    block.unlink()

def add_one(name):
    block = SharedMemory(name)
    block.buf[0] += 1
    block.close()

def unlink(name):
    block = SharedMemory(name)
    block.close()
    block.unlink()

def run(target, *args):
    process = ctx.Process(target=target, args=args)
    process.start()
    process.join()

def name_from(target):
    receiver, sender = ctx.Pipe(duplex=False)
    with receiver, sender:
        run(target, sender)
        return receiver.recv()
"""

LEFT = {
    "not_unlinked": (
        "the block of shared memory block was never unlinked",
        """
        def test_not_unlinked():
            block = SharedMemory(create=True, size=800)
            run(add_one, block.name)
            assert block.buf[0] == 1
            block.close()
        """,
    ),
    "neither_closed_nor_unlinked": (
        "the block of shared memory block was never closed or unlinked",
        """
        def test_neither_closed_nor_unlinked():
            block = SharedMemory(create=True, size=800)
            kept.append(block)
        """,
    ),
    "not_closed": (
        "the block of shared memory block was never closed",
        """
        def test_not_closed():
            block = SharedMemory(create=True, size=800)
            kept.append(block)
            block.unlink()
        """,
    ),
    "collected": (
        "the block of shared memory block was never closed",
        """
        def test_collected():
            block = SharedMemory(create=True, size=800)
            block.unlink()
        """,
    ),
    "attached_and_not_closed": (
        "the block of shared memory second was never closed",
        """
        def test_attached_and_not_closed():
            first = SharedMemory(create=True, size=800)
            second = SharedMemory(first.name)
            kept.append(second)
            first.close()
            first.unlink()
        """,
    ),
    "still_in_view": (
        "the block of shared memory block was never closed or unlinked",
        """
        def test_still_in_view():
            block = SharedMemory(create=True, size=800)
            kept.append(block.buf[10:20])
            kept.append(block)
        """,
    ),
    "a_list": (
        "the block of shared memory numbers was never unlinked",
        """
        def test_a_list():
            numbers = ShareableList([1, 2, 3])
            assert sum(numbers) == 6
            numbers.shm.close()
        """,
    ),
    "with_a_name": (
        "the block of shared memory block was never unlinked",
        """
        def test_with_a_name():
            block = SharedMemory(f"sensei-test-{os.getpid()}", create=True, size=10)
            block.close()
        def test_with_the_same_name_again():
            block = SharedMemory(f"sensei-test-{os.getpid()}", create=True, size=10)
            block.close()
            block.unlink()
        """,
    ),
    "by_a_test_that_fails": (
        "the block of shared memory block was never closed or unlinked",
        """
        def test_by_a_test_that_fails():
            block = SharedMemory(create=True, size=10)
            assert block.size == 0
        """,
    ),
    "by_a_child": (
        "the block of shared memory block was never unlinked",
        """
        def test_by_a_child():
            name_from(make)
        """,
    ),
    "by_a_child_that_was_killed": (
        "the block of shared memory block was never unlinked",
        """
        def test_by_a_child_that_was_killed():
            name_from(make_and_die)
        """,
    ),
}
LAST = """
def test_next_finds_nothing():
    import glob
    assert not glob.glob(f"/dev/shm/sensei-test-{os.getpid()}")
"""

HEALTHY = """
def test_closed_and_unlinked():
    block = SharedMemory(create=True, size=800)
    try:
        run(add_one, block.name)
        assert block.buf[0] == 1
    finally:
        block.close()
        block.unlink()

def test_unlinked_first():
    block = SharedMemory(create=True, size=800)
    kept.append(block)
    block.unlink()
    block.close()

def test_unlinked_by_a_child():
    block = SharedMemory(create=True, size=800)
    run(unlink, block.name)
    block.close()

def test_made_and_unlinked_by_a_child():
    run(make_and_unlink)

def test_made_by_a_child_and_unlinked_here():
    first = SharedMemory(create=True, size=1)   # from here on all share one resource tracker
    block = SharedMemory(name_from(make))
    for each in first, block:
        each.close()
        each.unlink()

def test_unlinked_by_another_object():
    block = SharedMemory(create=True, size=800)
    unlink(block.name)
    block.close()

def test_a_list():
    numbers = ShareableList([1, 2, 3])
    assert sum(numbers) == 6
    numbers.shm.close()
    numbers.shm.unlink()

def test_a_manager():
    with SharedMemoryManager(ctx=ctx) as manager:
        numbers = manager.ShareableList(range(10))
        block = manager.SharedMemory(size=100)
        assert sum(numbers) == 45
        kept.append((numbers, block))

def test_locks_and_values():
    things = ctx.Lock(), ctx.Semaphore(3), ctx.Condition(), ctx.Value("i", 3), ctx.Array("d", 10), ctx.Barrier(2)
    kept.extend(things)
    with things[0]: pass

@pytest.fixture(scope="module")
def table():
    block = SharedMemory(create=True, size=100)
    yield block
    block.close()
    block.unlink()

def test_of_a_wider_fixture(table):
    table.buf[0] = 1

def test_of_a_wider_fixture_again(table):
    assert table.buf[0] == 1
"""


def source_of(method: str, body: str) -> str:
    return HEADER.format(method=method) + body


@pytest.fixture(params=METHODS)
def method(request: pytest.FixtureRequest) -> str:
    found: str = request.param
    return found


def by_test(run: Run) -> dict[str, dict[str, Any]]:
    return {finding["nodeid"].partition("::test_")[2]: finding for finding in run.findings}


def told_by_the_tracker(run: Run) -> list[str]:
    return [line for line in run.result.errlines if "resource_tracker" in line]


def test_what_is_left_is_found_and_removed(project: Project, method: str) -> None:
    body = "".join(textwrap.dedent(text) for _, text in LEFT.values()) + LAST
    run = project.run(source_of(method, body), *STRICT)
    assert {name: finding["summary"] for name, finding in by_test(run).items()} == {
        name: summary for name, (summary, _) in LEFT.items()
    }, run.output
    assert len(run.findings) == len(LEFT)
    assert set(run.kinds) == {"leaked-shared-memory"}
    assert told_by_the_tracker(run) == []


def test_healthy_ways_are_left_alone(project: Project, method: str) -> None:
    source = source_of(method, HEALTHY)
    run = project.run(source, *STRICT)
    assert run.findings == [], run.output
    run.result.assert_outcomes(passed=source.count("def test_"))
    assert told_by_the_tracker(run) == []


def test_it_is_told_where_it_was_made_and_how_large_it_is(project: Project) -> None:
    finding = project.run(source_of("fork", textwrap.dedent(LEFT["not_unlinked"][1])), *STRICT).only()
    assert (finding["phase"], finding["severity"]) == ("teardown", "error")
    resource = finding["resources"][0]
    assert (resource["type"], resource["name"], resource["state"]) == ("SharedMemory", "block", "800 bytes")
    assert resource["created"]["source"] == "block = SharedMemory(create=True, size=800)"
    assert finding["culprits"] == [resource["created"]]


def test_a_child_that_made_it_is_named(project: Project, method: str) -> None:
    finding = project.run(source_of(method, textwrap.dedent(LEFT["by_a_child"][1])), *STRICT).only()
    assert finding["actors"][0]["process"].endswith("Process-1")
    assert finding["culprits"][0]["function"] == "make"
    assert "Process-1" in finding["resources"][0]["state"]


def test_by_default_it_is_a_warning_and_the_resource_tracker_has_nothing_to_add(project: Project) -> None:
    run = project.run(source_of("spawn", textwrap.dedent(LEFT["not_unlinked"][1])))
    assert run.only()["severity"] == "warn"
    assert told_by_the_tracker(run) == []
    run.result.assert_outcomes(passed=1)


def test_what_is_collected_closes_itself_and_is_no_warning(project: Project) -> None:
    run = project.run(source_of("fork", textwrap.dedent(LEFT["collected"][1])))
    assert run.findings == []
    run.result.assert_outcomes(passed=1)


def test_what_a_test_may_leave_is_not_held_against_the_next(project: Project) -> None:
    body = """
        @pytest.mark.sensei(leaks="off")
        def test_first():
            block = SharedMemory(create=True, size=10)
            kept.append(block)
            name_from(make)
        def test_next():
            kept[0].close()
            kept[0].unlink()
        """
    run = project.run(source_of("spawn", textwrap.dedent(body)), *STRICT)
    assert run.findings == []
    run.result.assert_outcomes(passed=2)


@pytest.mark.skipif(sys.version_info < (3, 13), reason="SharedMemory(track=False) is new in Python 3.13")
def test_a_block_that_the_resource_tracker_does_not_know_of_is_found_and_removed(project: Project) -> None:
    body = """
        def test_it():
            block = SharedMemory(create=True, size=10, track=False)
            block.close()
        """
    run = project.run(source_of("fork", textwrap.dedent(body)), *STRICT)
    assert run.only()["kind"] == "leaked-shared-memory"
    assert told_by_the_tracker(run) == []
