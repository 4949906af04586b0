"""The search runs each class of equivalent interleavings, and hardly any twice."""

from __future__ import annotations

import random

import model_programs as models
import pytest
from pytest_sensei.explore import operation as op
from pytest_sensei.explore.access import ANY, ITEM


def incrementing(tasks: int, times: int, *, locked: bool) -> models.Program:
    once = ((op.READ, "x"), (op.WRITE, "x"))
    if locked:
        once = ((op.ACQUIRE, "lock"), *once, (op.RELEASE, "lock"))
    return (once * times,) * tasks


@pytest.mark.parametrize(
    ("tasks", "times", "classes"),
    [(2, 1, 2), (2, 2, 6), (3, 1, 6), (3, 2, 90)],
    ids=["2x1", "2x2", "3x1", "3x2"],
)
def test_a_locked_counter_has_as_many_interleavings_as_orders_of_its_sections(
    tasks: int, times: int, classes: int
) -> None:
    search, _ = models.explored(incrementing(tasks, times, locked=True))
    assert search.exhausted
    assert search.distinct == classes
    assert search.executions <= 2 * classes


def test_the_lost_update_is_found_at_the_second_execution() -> None:
    _, runs = models.explored(incrementing(2, 1, locked=False))
    orders = [[(event.task, event.act) for event in run] for run in runs]
    assert orders[0] == [(0, op.READ), (0, op.WRITE), (1, op.READ), (1, op.WRITE)]
    assert [task for task, _ in orders[1]] == [0, 1, 0, 1] or [task for task, _ in orders[1]] == [0, 1, 1, 0]


def test_tasks_that_share_nothing_are_run_once() -> None:
    program = tuple(((op.READ, tid), (op.WRITE, tid), (op.READ, tid)) for tid in range(4))
    search, _ = models.explored(program)
    assert (search.executions, search.distinct, search.exhausted) == (1, 1, True)


def test_readers_alone_need_no_second_run() -> None:
    search, _ = models.explored((((op.READ, "x"),) * 3,) * 3)
    assert search.executions == 1


def test_two_locks_in_opposite_orders_end_in_a_deadlock_in_some_run() -> None:
    one = ((op.ACQUIRE, "a"), (op.ACQUIRE, "b"), (op.RELEASE, "b"), (op.RELEASE, "a"))
    two = ((op.ACQUIRE, "b"), (op.ACQUIRE, "a"), (op.RELEASE, "a"), (op.RELEASE, "b"))
    search, runs = models.explored((one, two))
    assert search.exhausted
    assert any(len(run) == 2 for run in runs)


def test_items_of_a_container_are_told_apart_and_its_whole_is_not() -> None:
    apart, _ = models.explored((((op.WRITE, (7, (ITEM, 0))),), ((op.WRITE, (7, (ITEM, 1))),)))
    whole, _ = models.explored((((op.WRITE, (7, (ITEM, 0))),), ((op.READ, (7, ANY)),)))
    assert (apart.distinct, whole.distinct) == (1, 2)


FIELDS = ("x", "y")


def some_program(seed: int, *, kinds: str) -> models.Program:
    """Make a small program: two or three tasks of a few operations each."""
    random_ = random.Random(seed)
    tasks = random_.choice((2, 2, 3))
    return tuple(_some_task(random_, kinds, 4 if tasks == 2 else 3) for _ in range(tasks))


def _some_task(random_: random.Random, kinds: str, most: int) -> tuple[tuple[str, object], ...]:
    steps: list[tuple[str, object]] = []
    while len(steps) < random_.randint(1, most):
        kind = random_.choice(kinds)
        if kind == "f":
            steps.append((random_.choice((op.READ, op.WRITE)), random_.choice(FIELDS)))
        elif kind == "c":
            steps.append(
                (random_.choice((op.READ, op.WRITE)), (1, random_.choice((ANY, (ITEM, 0), (ITEM, 1)))))
            )
        elif kind == "k":
            steps.append((op.LOCKED, random_.choice(("l", "m"))))
        elif kind == "q":
            steps.append((random_.choice((op.PUT, op.PUT, op.GET, op.POLL)), "queue"))
        else:
            lock = random_.choice(("l", "m"))
            inside = [(random_.choice((op.READ, op.WRITE)), "x")] * random_.randint(0, 1)
            if random_.random() < 0.3:
                other = "m" if lock == "l" else "l"
                inside += [(op.ACQUIRE, other), (op.RELEASE, other)]
            take = op.TRY if kind == "t" else op.ACQUIRE
            steps += [(take, lock), *inside, (op.RELEASE, lock)]
    return tuple(steps)


@pytest.mark.parametrize("kinds", ["f", "fl", "fc", "ft", "lt", "ltk", "fk", "q", "fql"])
def test_each_class_of_interleavings_is_run_and_counted_once(kinds: str) -> None:
    for seed in range(150):
        program = some_program(seed, kinds=kinds)
        if sum(map(len, program)) > 11:
            continue
        wanted = {models.signature(run) for run in models.executions(models.start(program))}
        search, runs = models.explored(program)
        found = [models.signature(run) for run in runs]
        assert set(found) == wanted, f"seed {seed}: {program}"
        if "q" in kinds:  # a poll and a put count as conflicting even where the queue has enough for both
            assert search.distinct >= len(wanted), f"seed {seed}: {program}"
        else:
            assert search.distinct == len(wanted), f"seed {seed}: {program}"


ONCE_MISSED = {
    "a poll before a put, after another get": (
        ((op.PUT, "queue"), (op.PUT, "queue")),
        ((op.POLL, "queue"), (op.POLL, "queue")),
        ((op.GET, "queue"),),
    ),
    "two looks at a lock on either side of its taking": (
        ((op.ACQUIRE, "l"), (op.ACQUIRE, "m"), (op.RELEASE, "m"), (op.RELEASE, "l")),
        ((op.LOCKED, "l"), (op.LOCKED, "m")),
        ((op.LOCKED, "m"),),
    ),
    "a get that waits where nothing else is new": (
        ((op.ACQUIRE, "l"), (op.RELEASE, "l")),
        ((op.PUT, "queue"), (op.POLL, "queue")),
        ((op.GET, "queue"), (op.ACQUIRE, "l"), (op.RELEASE, "l")),
    ),
}


@pytest.mark.parametrize("program", ONCE_MISSED.values(), ids=list(ONCE_MISSED))
def test_interleavings_that_were_missed_once_are_run(program: models.Program) -> None:
    wanted = {models.signature(run) for run in models.executions(models.start(program))}
    _, runs = models.explored(program)
    assert {models.signature(run) for run in runs} == wanted
