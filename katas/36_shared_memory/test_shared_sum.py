"""Adding up in shared memory: the sum, the processes, and who removes the block when."""

from __future__ import annotations

import multiprocessing
from array import array
from collections.abc import Iterator, Sequence
from multiprocessing.process import BaseProcess
from multiprocessing.shared_memory import SharedMemory
from pathlib import Path

import pytest
import slow_memory
from shared_sum import parallel_sum

METHODS = multiprocessing.get_all_start_methods()


@pytest.fixture(autouse=True)
def start_method(request: pytest.FixtureRequest) -> Iterator[None]:
    """Start processes by fork, where there is one, or as the test says."""
    before = multiprocessing.get_start_method(allow_none=True)
    usual = "fork" if "fork" in METHODS else METHODS[0]
    multiprocessing.set_start_method(getattr(request, "param", usual), force=True)
    yield
    multiprocessing.set_start_method(before, force=True)


@pytest.mark.parametrize(
    "numbers",
    [[1.5, 2.5, -3.0, 10.25], (1, 2, 3), range(100), array("d", [0.5] * 9), array("i", [7, -7, 1]), [1, 0.5]],
    ids=["list", "tuple", "range", "doubles", "ints", "mixed"],
)
def test_all_numbers_are_added(numbers: Sequence[float]) -> None:
    assert parallel_sum(numbers, 2) == pytest.approx(sum(numbers))


def test_the_sum_of_nothing_is_nothing() -> None:
    total = parallel_sum([], 2)

    assert total == 0.0
    assert isinstance(total, float)


def test_the_sum_is_a_float() -> None:
    assert isinstance(parallel_sum([1, 2, 3], 2), float)


def test_the_sum_has_as_many_digits_as_a_float() -> None:
    assert parallel_sum([0.1, 0.2, 0.3, 1000.7], 2) == pytest.approx(1001.3, rel=1e-12)


@pytest.mark.parametrize(("count", "workers"), [(10, 3), (11, 4), (2, 4), (5, 1), (1, 2), (40, 2)])
def test_no_number_is_forgotten(count: int, workers: int) -> None:
    numbers = [2.0**n for n in range(count)]

    assert parallel_sum(numbers, workers) == 2.0**count - 1


def test_no_part_is_lost_when_two_processes_add_to_the_same_number(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow_memory.read_values_slowly(monkeypatch, tmp_path)

    assert parallel_sum([1.0, 2.0, 4.0, 8.0], 2) == 15.0


def test_the_block_is_there_until_the_last_worker_has_opened_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow_memory.open_late(monkeypatch, tmp_path)

    assert parallel_sum([1.0, 2.0, 4.0, 8.0], 2) == 15.0


@pytest.mark.usefixtures("limits_are_over")
def test_it_waits_for_as_long_as_the_workers_take(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    slow_memory.open_late(monkeypatch, tmp_path)

    assert parallel_sum([1.0, 2.0, 4.0, 8.0], 2) == 15.0


def test_the_numbers_are_in_shared_memory_and_are_added_in_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    blocks: list[str] = []
    started: list[str] = []
    monkeypatch.setattr(SharedMemory, "__init__", slow_memory.counted(SharedMemory.__init__, blocks))
    monkeypatch.setattr(BaseProcess, "start", slow_memory.counted(BaseProcess.start, started))

    parallel_sum([1.0] * 10, 2)

    assert "create" in blocks
    assert 2 <= len(started) <= 5, "two workers, and a manager or two if you like"


def test_the_workers_are_there_at_the_same_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    slow_memory.open_for_two(monkeypatch, tmp_path)

    assert parallel_sum([1.0, 2.0, 4.0, 8.0], 2) == 15.0

    opened_by_workers = (tmp_path / "alone").exists()
    assert (tmp_path / "met").exists() or not opened_by_workers, "one worker worked after the other"


def test_each_worker_closes_the_block(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    slow_memory.note_who_closes(monkeypatch, tmp_path)

    parallel_sum([1.0, 2.0, 4.0, 8.0], 2)

    opened, closed = ({file.suffix for file in tmp_path.glob(f"{what}.*")} for what in ("opened", "closed"))
    assert opened <= closed, "a worker has opened the block and not closed it"


def test_the_block_is_removed_when_something_goes_wrong() -> None:
    with pytest.raises(OSError, match="the disk is broken"):
        parallel_sum(slow_memory.Unreadable(), 2)


def test_no_process_is_left() -> None:
    parallel_sum([1.0] * 10, 2)

    assert multiprocessing.active_children() == []


@pytest.mark.parametrize("start_method", METHODS, indirect=True)
def test_it_works_however_processes_are_started() -> None:
    assert parallel_sum([1.0, 2.0, 4.0], 1) == 7.0
