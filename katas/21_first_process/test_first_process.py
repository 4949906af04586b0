"""Running jobs in processes: where they run, when they end, and how."""

from __future__ import annotations

import gc
import multiprocessing
import os
import signal
import sys
import weakref
from collections.abc import Callable, Iterator
from functools import partial
from multiprocessing.process import BaseProcess
from multiprocessing.queues import SimpleQueue
from multiprocessing.synchronize import Event
from pathlib import Path

import first_jobs as jobs
import pytest
from first_process import run_all

METHODS = multiprocessing.get_all_start_methods()
SHARED = multiprocessing.get_context("spawn")  # what it makes can be handed to any process, however started
MANY = min((os.cpu_count() or 1) + 1, 33)


@pytest.fixture(autouse=True)
def start_method(request: pytest.FixtureRequest) -> Iterator[None]:
    """Start processes in the way that the test names; without a name by fork, where there is one."""
    before = multiprocessing.get_start_method(allow_none=True)
    usual = "fork" if "fork" in METHODS else METHODS[0]
    multiprocessing.set_start_method(getattr(request, "param", usual), force=True)
    yield
    multiprocessing.set_start_method(before, force=True)


def test_no_jobs_have_no_exit_codes() -> None:
    assert run_all([]) == []


def test_each_job_runs_in_a_process_of_its_own(tmp_path: Path) -> None:
    run_all([partial(jobs.leave_name, tmp_path), partial(jobs.leave_name, tmp_path)])

    processes = {int(file.name) for file in tmp_path.iterdir()}
    assert os.getpid() not in processes, "a job has run in the process of the caller"
    assert len(processes) == 2


def test_a_job_that_is_given_twice_is_run_twice(tmp_path: Path) -> None:
    job = partial(jobs.leave_name, tmp_path)

    run_all([job, job])

    assert len(list(tmp_path.iterdir())) == 2, "a job was given twice, and two processes should have run it"


def test_two_calls_know_nothing_of_each_other() -> None:
    run_all([jobs.succeed])

    assert len(run_all([jobs.succeed])) == 1, "the second call had one job"


@pytest.mark.parametrize("start_method", METHODS, indirect=True)
def test_all_jobs_run_at_the_same_time() -> None:
    all_are_here = SHARED.Barrier(2)

    assert run_all([partial(jobs.meet, all_are_here), partial(jobs.meet, all_are_here)]) == [0, 0]


def test_so_do_more_jobs_than_there_are_cores() -> None:
    all_are_here = SHARED.Barrier(MANY)

    assert run_all([partial(jobs.meet, all_are_here)] * MANY) == [0] * MANY


def test_all_jobs_have_ended_when_it_returns(later: Callable[[], Event]) -> None:
    may_end = later()

    codes = run_all([partial(jobs.wait_for, may_end), partial(jobs.wait_for, may_end)])

    assert codes == [0, 0]  # None is the exit code of a process that has not ended


@pytest.mark.usefixtures("limits_are_over")
def test_a_job_is_waited_for_as_long_as_it_takes(later: Callable[[], Event]) -> None:
    may_end = later()

    codes = run_all([partial(jobs.wait_for, may_end), partial(jobs.wait_for, may_end)])

    assert codes == [0, 0], "both jobs would have ended well if they had been left to themselves"


def test_nothing_is_kept_of_a_process_that_has_ended(started: weakref.WeakSet[BaseProcess]) -> None:
    run_all([jobs.succeed, jobs.fail])

    gc.collect()
    kept = [process.name for process in started if not is_closed(process)]
    assert kept == [], "these processes are still kept, and have not been closed"


def test_a_job_that_raises_has_exit_code_1() -> None:
    assert run_all([jobs.succeed, jobs.fail, jobs.succeed]) == [0, 1, 0]


def test_the_others_go_on_when_a_job_has_failed(line: SimpleQueue[int]) -> None:
    codes = run_all([partial(jobs.leave_and_fail, line), partial(jobs.stay_behind, line, os.getpid())])

    assert codes == [1, 0]


def test_exit_codes_come_in_the_order_of_the_jobs_not_of_their_ends(line: SimpleQueue[int]) -> None:
    codes = run_all([partial(jobs.stay_behind_and_fail, line, os.getpid()), partial(jobs.leave, line)])

    assert codes == [1, 0]


def test_an_exit_code_is_handed_on_as_it_is() -> None:
    assert run_all([partial(jobs.leave_with, 3, os.getpid()), jobs.succeed]) == [3, 0]


@pytest.mark.skipif(sys.platform == "win32", reason="on Windows no process is ended by a signal")
def test_an_exit_code_is_negative_when_a_signal_has_ended_the_job() -> None:
    assert run_all([partial(jobs.die, os.getpid()), jobs.succeed]) == [-signal.SIGKILL, 0]


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> weakref.WeakSet[BaseProcess]:
    """Notice the processes that are started, for as long as somebody keeps them."""
    seen: weakref.WeakSet[BaseProcess] = weakref.WeakSet()
    start = BaseProcess.start

    def noticed_start(self: BaseProcess) -> None:
        seen.add(self)
        start(self)

    monkeypatch.setattr(BaseProcess, "start", noticed_start)
    return seen


def is_closed(process: BaseProcess) -> bool:
    try:
        process.is_alive()
    except ValueError:
        return True
    return False


@pytest.fixture
def line() -> Iterator[SimpleQueue[int]]:
    """Make a line on which one job can tell another one who it is."""
    new: SimpleQueue[int] = SHARED.SimpleQueue()
    yield new
    new.close()


@pytest.fixture
def later() -> Iterator[Callable[[], Event]]:
    """Make events that are set when the test waits for processes: never, once it is over."""
    others, caller = [], os.getpid()

    def set_later() -> Event:
        event = SHARED.Event()
        others.append(multiprocessing.Process(target=jobs.announce_later, args=(event, caller), name="later"))
        others[-1].start()
        return event

    yield set_later
    for other in others:
        other.kill()
        other.join()
        other.close()
