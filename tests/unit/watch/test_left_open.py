"""Whose an open end is, and what it is called: decisions on recorded call sites and on source lines."""

from __future__ import annotations

import gc
import multiprocessing
import os
import textwrap
from multiprocessing import pool, shared_memory
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from pytest_sensei.hooks.left_open import reachable
from pytest_sensei.primitives import memory, openings, patching
from pytest_sensei.watch import leaked_ends, leaked_memory
from pytest_sensei.watch.source import assigned_at, assigned_in

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(autouse=True)
def installed() -> Iterator[None]:
    with patching.installation():
        yield


def code_in(filename: str) -> Any:
    return compile("pass", filename, "exec")


MINE, PIPE = code_in("/project/test_it.py"), multiprocessing.context.BaseContext.Pipe.__code__
POOL = code_in(pool.__file__)
FOREIGN = code_in("/venv/lib/site-packages/engine/core.py")


@pytest.mark.parametrize(
    ("sites", "expected"),
    [
        ([MINE], MINE),
        ([PIPE, MINE], MINE),
        ([PIPE, POOL, MINE], None),
        ([PIPE, FOREIGN, MINE], None),
        ([PIPE], None),
    ],
    ids=["made by the project", "asked for", "made inside a pool", "made by a package", "by nobody we know"],
)
def test_an_end_is_the_projects_when_nobody_else_made_it_for_himself(sites: list[Any], expected: Any) -> None:
    found = leaked_ends.user_site(tuple((code, 0) for code in sites))
    assert (found[0] if found is not None else None) is expected


@pytest.mark.parametrize(
    ("statement", "names"),
    [
        ("reader, writer = Pipe(duplex=False)", ["reader", "writer"]),
        ("self.inbox, [first] = context.Pipe()", ["self.inbox", "[first]"]),
        ("with Client(address) as client: pass", ["client"]),
        ("queue: Any = Queue()", ["queue"]),
        ("if (pair := Pipe()): pass", ["pair"]),
        ("ends.append(Pipe())", []),
        ("thread = Thread(target=lambda: Pipe())", []),
        ("a = b = Pipe()", []),
    ],
)
def test_names_are_those_that_the_statement_gives(tmp_path: Path, statement: str, names: list[str]) -> None:
    file = tmp_path / "code.py"
    file.write_text(f"{statement}\n")
    code = SimpleNamespace(co_filename=str(file), co_name="<module>", co_firstlineno=1)
    assert assigned_at(code, 1, {"Pipe", "Queue", "Client"}) == names


def test_a_statement_of_several_lines_is_found_at_each_of_them(tmp_path: Path) -> None:
    file = tmp_path / "code.py"
    file.write_text(textwrap.dedent("reader, writer = Pipe(\n    duplex=False,\n)\n"))
    code = SimpleNamespace(co_filename=str(file), co_name="<module>", co_firstlineno=1)
    assert {tuple(assigned_at(code, line, {"Pipe"})) for line in (1, 2, 3)} == {("reader", "writer")}


@pytest.mark.parametrize(
    ("modes", "type_", "names", "text"),
    [
        (["r"], "Connection", ["inbox"], "the read end inbox of a pipe was never closed"),
        (["rw"], "Connection", ["Connection"], "an end of a pipe was never closed"),
        (["r", "w"], "pipe", ["r", "w"], "both ends of a pipe were never closed"),
        (["r", "w"] * 3, "pipe", ["pipe"] * 6, "6 ends of pipes were never closed"),
        ([""], "Queue", ["results"], "Queue results was never closed"),
        ([""], "Queue", ["Queue"], "a Queue was never closed"),
        (["", ""], "Queue", ["Queue"] * 2, "2 Queues were never closed"),
    ],
)
def test_the_summary_says_which_end(modes: list[str], type_: str, names: list[str], text: str) -> None:
    assert leaked_ends.summary(modes, type_, names) == text


@pytest.mark.parametrize(
    ("modes", "names"),
    [(["w"], ["writer"]), (["r"], ["reader"]), (["r", "w"], ["reader", "writer"]), (["r"] * 3, ["pipe"] * 3)],
)
def test_an_end_is_called_by_the_name_that_it_was_given(modes: list[str], names: list[str]) -> None:
    assert leaked_ends.names_of("pipe", modes, ["reader", "writer"]) == names


def test_two_way_ends_are_named_only_when_both_are_left() -> None:
    assert leaked_ends.names_of("Connection", ["rw", "rw"], ["mine", "theirs"]) == ["mine", "theirs"]
    assert leaked_ends.names_of("Connection", ["rw"], ["mine", "theirs"]) == ["Connection"]


def test_a_raw_end_is_open_only_as_long_as_its_number_means_it() -> None:
    reading, writing = os.pipe()
    ends = openings.raw[reading], openings.raw[writing]
    assert all(end.is_open for end in ends)
    os.close(reading)
    os.dup2(writing, reading)  # the number is in use again, for another file
    os.close(writing)
    assert not ends[1].is_open
    os.close(reading)
    assert not any(end.is_open for end in ends)


def test_a_connection_is_recorded_until_it_is_gone_and_closing_it_is_noted() -> None:
    openings.keep_dropped(True)
    try:
        mine, theirs = multiprocessing.Pipe()
        keys = [id(mine), id(theirs)]
        assert all(key in openings.living for key in keys)
        mine.close()
        del mine, theirs
        gc.collect()
        assert not any(key in openings.living for key in keys)
        assert [opened.mode for opened in openings.dropped if opened.key in keys] == ["rw"]
    finally:
        openings.keep_dropped(False)


def test_a_block_exists_until_it_is_unlinked_and_no_other_of_its_name_is_taken_for_it() -> None:
    name = f"sensei-unit-{os.getpid()}"
    first = shared_memory.SharedMemory(name, create=True, size=10)
    block = next(each for each in memory.blocks.values() if each() is first)
    assert block.exists
    first.close()
    first.unlink()
    second = shared_memory.SharedMemory(name, create=True, size=10)
    try:
        assert memory.exists(second._name, openings.identity_of(second._fd))
    finally:
        second.close()
        second.unlink()
    assert (block.closed, block.unlinked, block.exists) == (True, True, False)


def test_what_a_child_tells_is_believed_when_it_has_ended(tmp_path: Path) -> None:
    writer = leaked_memory.Announcing(tmp_path, 2**22 + 1, 7)
    writer.unlinked("/psm_one")
    assert leaked_memory.told_in(tmp_path) == leaked_memory.Told((), frozenset({"/psm_one"}))
    assert leaked_memory.told_in(tmp_path / "nowhere") == leaked_memory.Told()
    assert leaked_memory.told_in(None) == leaked_memory.Told()


def test_what_a_value_leads_to_is_found_but_not_through_modules() -> None:
    inner = [object()]
    value = {"server": type("Server", (), {"queue": None})()}
    value["server"].queue = inner  # type: ignore[attr-defined]
    found = reachable([value, os])
    assert id(inner) in found
    assert id(os) not in found
    assert id(vars(os)) not in found
    hidden = reachable([lambda: inner])
    assert id(inner) in hidden
    assert id(globals()) not in hidden


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("jobs = Queue()", "jobs"),
        ("self.jobs: Queue[int] = Queue()", "self.jobs"),
        ("jobs=Queue(maxsize=1)", "jobs"),
        ("reader, writer = Pipe()", ""),
        ("ctx = get_context(); jobs = ctx.Queue()", ""),
        ("assert Queue() == jobs", ""),
        ("jobs == Queue()", ""),
        ("start(Queue(maxsize=1))", ""),
        ("Queue()", ""),
    ],
)
def test_a_line_names_what_it_makes_where_it_makes_just_that(line: str, name: str) -> None:
    assert assigned_in(line) == name
