"""A process's record of what it holds outlives the process; the process may outlive the run."""

from __future__ import annotations

import multiprocessing
import shutil
from typing import TYPE_CHECKING

import pytest
from pytest_sensei.primitives import patching, semaphores
from pytest_sensei.watch.record import Record, read_taken

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def recording(tmp_path: Path) -> Iterator[Path]:
    around = semaphores.book
    with patching.installation():
        semaphores.record_in(Record(tmp_path, 7, 70))
        yield tmp_path
    semaphores.record_in(around)


def test_what_is_taken_is_told_with_its_line(recording: Path) -> None:
    lock = multiprocessing.Lock()
    with lock:
        (taken,) = read_taken(recording, 7, 70)
    assert (taken.times, taken.site is not None and taken.site.co_filename) == (1, __file__)


def test_who_takes_a_lock_after_the_run_is_over_is_not_disturbed(recording: Path) -> None:
    lock = multiprocessing.Lock()
    shutil.rmtree(recording)
    assert lock.acquire()
    lock.release()
