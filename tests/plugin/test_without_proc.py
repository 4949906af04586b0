"""Where there is no /proc: threads are judged as ever, processes are found and ended, and nothing is guessed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Project

NO_PROC = """
from pytest_sensei.watch import procfs

procfs._ROOT = "/nowhere"
procfs.visible.cache_clear()
"""

START = """
import multiprocessing, threading, time

ctx = multiprocessing.get_context("fork")

def cross(outer, inner, both):
    with outer:
        both.wait()
        with inner: pass

def meet(kind, make):
    a, b, both = make.Lock(), make.Lock(), make.Barrier(2)
    pair = [kind(target=cross, args=(*locks, both)) for locks in ((a, b), (b, a))]
    for each in pair: each.start()
    for each in pair: each.join()
"""

LEFT = {
    "process": ("leaked-process", "ctx.Process(target=time.sleep, args=(60,)).start()"),
    "pool": ("leaked-pool", "global kept; kept = ctx.Pool(1); kept.apply(int)"),
    "connection": ("leaked-pipe-end", "global kept; kept = ctx.Pipe()"),
    "thread": ("leaked-thread", "threading.Thread(target=threading.Event().wait).start()"),
    "knot of threads": ("deadlock-cycle", "meet(threading.Thread, threading)"),
}


@pytest.mark.parametrize(("kind", "body"), LEFT.values(), ids=LEFT)
def test_what_is_known_without_it_is_told(project: Project, kind: str, body: str) -> None:
    source = f"{START}\ndef test_it(): {body}\ndef test_next(): pass\n"
    run = project.run(source, "--sensei-leaks=error", **{"conftest.py": NO_PROC})
    assert run.kinds == [kind]
    assert run.result.parseoutcomes()["passed"] >= 1  # the next test


def test_a_knot_of_processes_ends_with_the_time_limit_and_nobody_stays(project: Project) -> None:
    source = f"{START}\ndef test_it(): meet(ctx.Process, ctx)\ndef test_next(): pass\n"
    run = project.run(source, "--timeout=1", "--sensei-leaks=error", **{"conftest.py": NO_PROC})
    assert run.kinds == ["timeout", "leaked-process"]
    assert not any(finding["proved"] for finding in run.findings if finding["kind"] == "timeout")


def test_what_ends_is_left_alone(project: Project) -> None:
    source = (
        START
        + """
def test_process():
    child = ctx.Process(target=int)
    child.start()
    child.join()

def test_pool():
    with ctx.Pool(2) as pool:
        assert pool.map(abs, [-1, -2]) == [1, 2]
        pool.close()
        pool.join()

def test_lock():
    lock = ctx.Lock()
    children = [ctx.Process(target=hold, args=(lock,)) for _ in range(2)]
    for child in children: child.start()
    for child in children: child.join()

def hold(lock):
    with lock: time.sleep(0.2)
"""
    )
    run = project.run(source, "--sensei-leaks=error", **{"conftest.py": NO_PROC})
    assert run.kinds == []
    run.result.assert_outcomes(passed=3)
