"""Waits: in slices while somebody watches, ended by what the watcher raises, and else as the real ones."""

from __future__ import annotations

import os
import queue
import signal
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest
from pytest_sensei.primitives import clock, locks, patching, queues, runtime

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.unit.primitives.conftest import Watching

LIMIT = 20  # seconds


class Stop(BaseException):
    """What a watcher might raise."""


def taken(make: Callable[[], Any]) -> Any:
    """Return a lock that another thread has taken and keeps."""
    lock = make()
    thread = threading.Thread(target=lock.acquire)
    thread.start()
    thread.join(LIMIT)
    return lock


WAITS: dict[str, Callable[[], object]] = {
    "Lock.acquire": lambda: taken(locks.Lock).acquire(),
    "with Lock": lambda: taken(locks.Lock).__enter__(),
    "RLock.acquire": lambda: taken(locks.RLock).acquire(),
    "timed acquire": lambda: taken(locks.Lock).acquire(timeout=LIMIT),
    "Event.wait": lambda: threading.Event().wait(),
    "Queue.get": lambda: queue.Queue[int]().get(),
    "SimpleQueue.get": lambda: queues.SimpleQueue().get(),
    "sleep": lambda: clock.sleep(LIMIT),
}


@pytest.mark.parametrize("wait", WAITS.values(), ids=WAITS)
def test_a_wait_ends_at_a_slice_with_what_the_watcher_raises(
    wait: Callable[[], object], watching: Watching
) -> None:
    def doom(strand: runtime.Strand) -> None:
        strand.pending = Stop()

    watching.at_look = doom
    with pytest.raises(Stop):
        wait()
    strand = runtime.current_strand()
    assert strand.doomed
    assert strand.wait is None
    strand.doomed = False


def test_join_ends_at_a_slice_and_the_thread_lives_on(watching: Watching) -> None:
    go_on = threading.Event()
    thread = threading.Thread(target=go_on.wait)
    thread.start()

    def doom(strand: runtime.Strand) -> None:
        if strand is main:
            strand.pending = Stop()

    main = runtime.current_strand()
    watching.at_look = doom
    with pytest.raises(Stop):
        thread.join()
    main.doomed = False
    watching.at_look = lambda strand: None
    assert thread.is_alive()
    go_on.set()
    thread.join(LIMIT)
    assert not thread.is_alive()


def test_the_watcher_is_asked_between_slices_only(watching: Watching) -> None:
    tries: list[float] = []

    def attempt(seconds: float) -> bool:
        tries.append(seconds)
        return len(tries) == 3

    assert runtime.block("a resource", attempt, None)
    assert (tries, len(watching.looks)) == ([watching.slice] * 3, 2)


def test_without_a_watcher_a_wait_is_one_attempt() -> None:
    tries: list[float] = []
    assert runtime.block("a resource", lambda seconds: tries.append(seconds) is None, None)
    assert tries == [runtime.FOREVER]


def test_a_limit_shorter_than_a_slice_is_one_attempt(watching: Watching) -> None:
    watching.slice = LIMIT
    tries: list[float] = []
    assert not runtime.block("a resource", lambda seconds: bool(tries.append(seconds)), 0.5)
    assert len(tries) == 1
    assert tries[0] <= 0.5
    assert watching.looks == []


def test_a_wait_is_seen_while_it_lasts_and_inner_ones_nest(watching: Watching) -> None:
    strand = runtime.current_strand()
    seen: list[object] = []

    def inner(seconds: float) -> bool:
        assert strand.wait is not None
        seen.append(strand.wait.resource)
        return True

    def outer(seconds: float) -> bool:
        runtime.block("inner", inner, None)
        assert strand.wait is not None
        seen.append(strand.wait.resource)
        return True

    runtime.block("outer", outer, None)
    assert (seen, strand.wait) == (["inner", "outer"], None)


@pytest.mark.parametrize("watched", [False, True])
def test_a_lock_is_got_when_it_is_given_back(request: pytest.FixtureRequest, watched: bool) -> None:
    if watched:
        request.getfixturevalue("watching")
    lock = locks.Lock()
    lock.acquire()
    got: list[bool] = []
    thread = threading.Thread(target=lambda: got.append(lock.acquire(timeout=LIMIT)))
    thread.start()
    lock.release()
    thread.join(LIMIT)
    assert got == [True]


@pytest.mark.parametrize("make", [locks.Lock, locks.RLock])
@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ((False, 1), ValueError),
        ((True, -2), ValueError),
        ((True, float("nan")), ValueError),
        ((True, threading.TIMEOUT_MAX * 2), OverflowError),
        ((True, None), TypeError),
    ],
    ids=["not blocking, with a limit", "negative", "not a number", "huge", "None"],
)
def test_wrong_arguments_raise_what_the_real_lock_raises(
    make: Callable[[], Any], arguments: tuple[Any, ...], error: type[Exception], watching: Watching
) -> None:
    lock = make()
    with pytest.raises(error) as ours:
        lock.acquire(*arguments)
    with pytest.raises(error) as real:
        locks.raw_lock().acquire(*arguments)
    assert str(ours.value) == str(real.value)
    assert lock._owner is None


def test_simple_queue_gives_items_in_order_and_is_empty_then(watching: Watching) -> None:
    items: Any = queue.SimpleQueue()
    for item in range(3):
        items.put(item)
    assert [items.get(), items.get(timeout=1), items.get_nowait()] == [0, 1, 2]
    for arguments in ((False,), (True, 0.002)):
        with pytest.raises(queue.Empty):
            items.get(*arguments)
    with pytest.raises(ValueError, match="non-negative"):
        items.get(True, -1)


def test_simple_queue_get_waits_for_a_put(watching: Watching) -> None:
    items: Any = queue.SimpleQueue()
    got: list[object] = []
    thread = threading.Thread(target=lambda: got.append(items.get()))
    thread.start()
    while not watching.looks:
        runtime.real_sleep(0.001)
    items.put("here")
    thread.join(LIMIT)
    assert got == ["here"]


@pytest.mark.parametrize("who", ["explorer", "listener"])
def test_put_is_the_real_one_unless_somebody_explores_or_listens(
    monkeypatch: pytest.MonkeyPatch, who: str
) -> None:
    assert "put" not in vars(queues.SimpleQueue)
    with monkeypatch.context() as patch:
        patch.setattr(runtime, who, object())
        queues.announce_puts(True)
        assert "put" in vars(queues.SimpleQueue)
    queues.announce_puts(False)
    assert "put" not in vars(queues.SimpleQueue)


@pytest.mark.parametrize("seconds", [0, 0.001, 0.06])
def test_sleep_sleeps(seconds: float, watching: Watching) -> None:
    began = runtime.monotonic()
    time.sleep(seconds)
    assert runtime.monotonic() - began >= seconds * 0.9


@pytest.mark.parametrize("wrong", [-1, "x", None])
def test_sleep_refuses_what_the_real_one_refuses(wrong: Any, watching: Watching) -> None:
    with pytest.raises((ValueError, TypeError)):
        time.sleep(wrong)


@pytest.mark.skipif(not hasattr(signal, "pthread_kill"), reason="needs signals")
@pytest.mark.parametrize("watched", [False, True])
def test_a_signal_handler_that_raises_ends_a_wait_at_once(
    request: pytest.FixtureRequest, watched: bool
) -> None:
    if watched:
        request.getfixturevalue("watching").slice = LIMIT
    lock = taken(locks.Lock)

    def interrupt(*_: object) -> None:
        raise Stop

    before = signal.signal(signal.SIGUSR1, interrupt)
    main = runtime.current_strand()

    def send() -> None:
        while (wait := main.wait) is None or wait.resource is not lock:
            runtime.real_sleep(0.001)
        signal.pthread_kill(main.ident, signal.SIGUSR1)

    sender = threading.Thread(target=send)
    try:
        sender.start()
        with pytest.raises(Stop):
            lock.acquire(timeout=LIMIT)
    finally:
        sender.join(LIMIT)
        signal.signal(signal.SIGUSR1, before)
    assert runtime.current_strand().wait is None


def test_a_forked_child_is_not_told_what_the_thread_that_forked_it_was_to_be_told() -> None:
    with patching.installation():
        strand = runtime.current_strand()
        strand.pending, strand.doomed = Stop(), True
        child = os.fork()
        if child == 0:
            os._exit(0 if runtime.current_strand().pending is None and not strand.doomed else 1)
        strand.pending, strand.doomed = None, False
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
