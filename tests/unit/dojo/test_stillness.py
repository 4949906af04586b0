"""When processes count as being at rest: asleep, with all that they have started, or ended."""

from __future__ import annotations

import multiprocessing
import os
import subprocess
import sys
from pathlib import Path

import pytest
from pytest_sensei.dojo import stillness

pytestmark = pytest.mark.skipif(
    not Path("/proc/self/task").exists(), reason="what others do is seen on Linux"
)

SLEEPER = "import sys; print('ready', flush=True); sys.stdin.read()"
BUSY = "print('ready', flush=True)\nwhile True: pass"
BUSY_BESIDE = f"""
import threading
def work():
    while True: pass
threading.Thread(target=work, daemon=True).start()
{SLEEPER}
"""
PARENT = f"""
import subprocess, sys
child = subprocess.Popen([sys.executable, "-c", sys.argv[1]], stdout=subprocess.PIPE, stdin=subprocess.PIPE)
child.stdout.readline()
try:
    {SLEEPER}
finally:
    child.kill()
    child.communicate()
"""


@pytest.fixture
def running():
    started = []

    def run(*program):
        command = [sys.executable, "-c", *program]
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        started.append(process)
        assert process.stdout.readline() == b"ready\n"
        return process.pid

    yield run
    for process in started:
        process.stdin.close()  # the end for those who read
        if process.args[2] in {BUSY, BUSY_BESIDE}:
            process.kill()
        process.wait()
        process.stdout.close()


@pytest.fixture
def gave_up(monkeypatch):
    """Tell whether a wait went on for all its patience."""
    monkeypatch.setattr(stillness, "_PATIENCE", 30)
    looks = []

    def after(wait, *arguments):
        looks.clear()
        wait(*arguments, unless=lambda: looks.append(1))
        return len(looks) == 30

    return after


def test_a_process_that_waits_is_asleep(running, gave_up):
    assert not gave_up(stillness.until_asleep, running(SLEEPER))


@pytest.mark.parametrize("program", [BUSY, BUSY_BESIDE], ids=["the main thread", "another thread"])
def test_a_process_with_a_thread_at_work_is_not_asleep(running, gave_up, program):
    assert gave_up(stillness.until_asleep, running(program))


def test_a_family_sleeps_when_all_of_them_do(running, gave_up):
    assert not gave_up(stillness.until_all_asleep, running(PARENT, SLEEPER))


def test_a_family_is_awake_when_a_child_is(running, gave_up):
    family = running(PARENT, BUSY)

    assert gave_up(stillness.until_all_asleep, family)
    assert not gave_up(stillness.until_asleep, family)


def test_who_looks_at_the_own_family_does_not_count(gave_up):
    assert not gave_up(stillness.until_all_asleep, os.getpid())


def test_a_wait_ends_when_there_is_nothing_to_wait_for(running):
    looks = iter([False, True])

    stillness.until_asleep(running(BUSY), unless=lambda: next(looks))

    assert next(looks, None) is None


def test_nobody_waits_for_itself(gave_up):
    assert not gave_up(stillness.until_asleep, os.getpid())
    stillness.until_ended(os.getpid())


def in_company(company, left):
    company.join()
    company.join()
    left.release()


@pytest.mark.parametrize(("enough", "come"), [(2, 2), (3, 2)], ids=["enough", "nobody else could come"])
def test_who_comes_waits_for_company(enough, come):
    fork = multiprocessing.get_context("fork")
    company, left = stillness.Company(enough), fork.Semaphore(0)
    first, *others = [fork.Process(target=in_company, args=(company, left)) for _ in range(come)]

    first.start()
    assert not left.acquire(block=False)
    for other in others:
        other.start()

    for process in (first, *others):
        process.join()
        process.close()
    assert [left.acquire(block=False) for _ in range(come + 1)] == [True] * come + [False]


def test_a_process_has_ended_before_and_after_somebody_asks():
    process = subprocess.Popen([sys.executable, "-c", ""])
    stillness.until_ended(process.pid)

    assert os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None
    process.wait()
    stillness.until_ended(process.pid)
