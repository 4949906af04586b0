"""What is to be done in every child is done there, and costs it little."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Project

WHERE = """
import os

IMPORTED_IN = os.getpid()
CALLED_IN = []

def call():
    CALLED_IN.append(os.getpid())
"""

CHILDREN = """
import multiprocessing, os
import where

def tell(queue):
    queue.put((where.IMPORTED_IN, where.CALLED_IN, os.getpid(), os.getppid()))

def test_it(calls_here):
    ctx = multiprocessing.get_context("{method}")
    queue = ctx.SimpleQueue()
    for _ in range(2):
        process = ctx.Process(target=tell, args=(queue,))
        process.start()
        imported, called, child, parent = queue.get()
        process.join()
        assert called == [child]
        assert imported == {importer}
    queue.close()
"""

CALLS = """
import pytest, where
from pytest_sensei.primitives import children

@pytest.fixture
def calls_here():
    children.call_in_children("test", lambda: (where.call, ()))
    yield
    children.call_no_more("test")
"""


@pytest.mark.parametrize(("method", "importer"), [("forkserver", "parent"), ("spawn", "child")])
def test_calls_are_made_in_each_child_and_imported_once_by_a_fork_server(
    project: Project, method: str, importer: str
) -> None:
    source = CHILDREN.format(method=method, importer=importer)

    run = project.run(source, "--sensei-leaks=error", where=WHERE, conftest=CALLS)

    run.result.assert_outcomes(passed=1)


def test_what_a_fork_server_was_told_to_import_before_is_imported_too(project: Project) -> None:
    run = project.run("""
        import multiprocessing, sys

        def tell(queue):
            queue.put("colorsys" in sys.modules)

        def test_it():
            ctx = multiprocessing.get_context("forkserver")
            ctx.set_forkserver_preload(["colorsys", "a_module_that_is_not_there"])
            queue = ctx.SimpleQueue()
            process = ctx.Process(target=tell, args=(queue,))
            process.start()
            assert queue.get()
            process.join()
            queue.close()
    """)

    run.result.assert_outcomes(passed=1)
