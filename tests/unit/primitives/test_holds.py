"""Who holds what: the owner of a lock, the place where it was taken, the locks of a strand."""

from __future__ import annotations

import _thread
import gc
import sys
import threading
import weakref
from typing import TYPE_CHECKING, Any

import pytest
from pytest_sensei.primitives import locks, runtime
from pytest_sensei.primitives.threads import strand_of
from pytest_sensei.watch.places import line_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.unit.primitives.conftest import Watching

KINDS = pytest.mark.parametrize("make", [locks.Lock, locks.RLock], ids=["Lock", "RLock"])


def held() -> list[object]:
    return list(runtime.current_strand())


def line_taken(lock: Any) -> int:
    return line_of(lock._code, lock._lasti)


def here() -> int:
    return sys._getframe(1).f_lineno


@KINDS
def test_a_free_lock_has_no_owner(make: Callable[[], Any]) -> None:
    lock = make()
    assert lock._owner is None
    lock.acquire()
    lock.release()
    assert lock._owner is None
    assert held() == []


@KINDS
def test_a_taken_lock_knows_its_owner_and_the_line(make: Callable[[], Any]) -> None:
    lock = make()
    lock.acquire()
    assert (lock._owner, line_taken(lock)) == (runtime.current_strand(), here() - 1)
    lock.release()
    with lock:
        assert held() == [lock]
        assert line_taken(lock) == here() - 2


@KINDS
def test_a_lock_taken_as_a_condition_is_taken_where_the_with_stands(make: Callable[[], Any]) -> None:
    condition = threading.Condition(make())
    with condition:
        assert line_taken(condition._lock) == here() - 1  # type: ignore[attr-defined]


@KINDS
def test_nested_locks_are_held_in_the_order_they_were_taken(make: Callable[[], Any]) -> None:
    first, second, third = make(), make(), make()
    with first, second:
        with third:
            assert held() == [first, second, third]
        assert held() == [first, second]
    assert held() == []


@KINDS
@pytest.mark.parametrize("order", [(0, 1, 2), (1, 0, 2), (2, 0, 1), (0, 2, 1)])
def test_locks_may_be_given_back_in_any_order(make: Callable[[], Any], order: tuple[int, ...]) -> None:
    taken = [make(), make(), make()]
    for lock in taken:
        lock.acquire()
    left = list(taken)
    for index in order:
        taken[index].release()
        left.remove(taken[index])
        assert held() == left
    assert all(lock._owner is None for lock in taken)


@KINDS
def test_a_lock_taken_after_an_unordered_release_is_told_as_nested(
    make: Callable[[], Any], watching: Watching
) -> None:
    first, second, third = make(), make(), make()
    first.acquire()
    second.acquire()
    first.release()
    third.acquire()
    assert [(others, lock) for _, others, lock in watching.orders] == [([first], second), ([second], third)]
    second.release()
    third.release()


@KINDS
def test_a_single_lock_is_not_told_as_nested(make: Callable[[], Any], watching: Watching) -> None:
    for _ in range(3):
        with make():
            pass
    assert watching.orders == []


def test_a_lock_released_by_another_thread_is_held_by_nobody(elsewhere: Any, watching: Watching) -> None:
    lock, other = locks.Lock(), locks.Lock()
    with other:
        lock.acquire()
        thread = elsewhere(lock.release)
        assert lock._owner is None
        assert held() == [other]
        assert (strand_of[thread], runtime.current_strand()) in watching.passed


def test_a_lock_handed_over_belongs_to_whoever_took_it_last(elsewhere: Any) -> None:
    lock = locks.Lock()
    lock.acquire()
    thread = elsewhere(lambda: (lock.release(), lock.acquire()))
    assert lock._owner is strand_of[thread]
    assert held() == []
    lock.release()


def test_an_rlock_is_held_until_the_last_release() -> None:
    lock = locks.RLock()
    with lock:
        line = here() - 1
        with lock:
            assert (held(), lock._recursion_count()) == ([lock], 2)
        assert (held(), lock._recursion_count(), line_taken(lock)) == ([lock], 1, line)
    assert (held(), lock._recursion_count()) == ([], 0)


def test_an_rlock_refuses_another_thread_and_stays_as_it_is(elsewhere: Any) -> None:
    lock = locks.RLock()
    errors: list[BaseException] = []

    def release() -> None:
        try:
            lock.release()
        except RuntimeError as error:
            errors.append(error)

    with lock:
        elsewhere(release)
        assert (len(errors), held(), lock._owner) == (1, [lock], runtime.current_strand())
    with pytest.raises(RuntimeError):
        lock.release()


@KINDS
def test_a_condition_gives_its_lock_back_while_it_waits(make: Callable[[], Any]) -> None:
    condition = threading.Condition(make())
    lock: Any = condition._lock  # type: ignore[attr-defined]
    seen: list[object] = []

    def wait() -> None:
        with condition:
            seen.append(here() - 1)
            woken.release()
            assert condition.wait(20)
            seen.extend((line_taken(lock), lock._owner is runtime.current_strand(), held()))

    woken = locks.raw_lock()
    woken.acquire()
    thread = threading.Thread(target=wait)
    thread.start()
    woken.acquire()
    with condition:
        assert lock._owner is runtime.current_strand()
        assert held() == [lock]
        condition.notify()
    thread.join(20)
    assert seen == [seen[0], seen[0], True, [lock]]


def test_a_condition_taken_several_times_comes_back_as_often() -> None:
    condition = threading.Condition(locks.RLock())
    lock: Any = condition._lock  # type: ignore[attr-defined]
    with condition, condition, condition:
        assert not condition.wait(0.001)
        assert (lock._recursion_count(), held()) == (3, [lock])
    assert held() == []


def test_the_private_lock_of_a_wait_is_no_hold(watching: Watching) -> None:
    condition = threading.Condition(locks.Lock())
    with condition:
        condition.wait(0.001)
        assert held() == [condition._lock]  # type: ignore[attr-defined]
    assert watching.orders == []
    assert isinstance(threading._allocate_lock(), locks.Latch)  # type: ignore[attr-defined]


@KINDS
def test_a_lock_dropped_while_held_goes_away(make: Callable[[], Any]) -> None:
    lock = make()
    lock.acquire()
    gone = weakref.ref(lock)
    del lock
    gc.collect()
    assert gone() is None
    with make() as got:
        assert got
        assert len(held()) == 1
    assert held() == []


@KINDS
def test_the_frame_that_took_a_lock_is_not_kept(make: Callable[[], Any]) -> None:
    lock = make()

    class Local:
        pass

    def take() -> weakref.ref[Local]:
        local = Local()
        lock.acquire()
        return weakref.ref(local)

    gone = take()
    assert gone() is None
    lock.release()


@KINDS
def test_the_end_of_a_thread_ends_its_strand_and_keeps_its_holds(
    make: Callable[[], Any], elsewhere: Any
) -> None:
    lock = make()
    thread = elsewhere(lock.acquire)
    owner = lock._owner
    assert owner is strand_of[thread]
    assert (owner.ended, owner.name, list(owner)) == (True, thread.name, [lock])
    assert owner not in runtime.strands.values()


def test_the_end_of_a_thread_that_nobody_announced_ends_its_strand_too() -> None:
    lock, done = locks.Lock(), locks.raw_lock()
    done.acquire()

    class Last:
        def __del__(self) -> None:
            done.release()

    ending = threading.local()

    def run() -> None:
        lock.acquire()  # its strand is made before the local below, and goes before it
        ending.last = Last()

    _thread.start_new_thread(run, ())
    assert done.acquire(timeout=20)
    owner = lock._owner
    assert owner is not None
    while not owner.ended:  # what a thread leaves behind is cleared in no given order
        runtime.real_sleep(0.001)
    assert owner.ident not in runtime.strands or runtime.strands[owner.ident] is not owner


def test_a_thread_that_gets_an_old_identifier_is_somebody_else(elsewhere: Any) -> None:
    lock = locks.Lock()
    first = strand_of[elsewhere(lock.acquire)]
    for _ in range(50):
        strand = strand_of[elsewhere(lambda: None)]
        assert strand is not first
        if strand.ident == first.ident:
            break
    assert (lock._owner, list(first), list(strand)) == (first, [lock], [])


@KINDS
def test_after_a_fork_the_child_starts_with_a_free_lock(make: Callable[[], Any]) -> None:
    lock, other = make(), make()
    with other:
        lock.acquire()
        lock._at_fork_reinit()
        assert (lock._owner, held(), lock.acquire(blocking=False)) == (None, [other], True)
        lock.release()
