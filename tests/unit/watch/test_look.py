"""A look at the threads leaves nothing behind."""

from __future__ import annotations

import gc
import threading
import weakref
from pathlib import Path

import pytest
from pytest_sensei.primitives import patching, runtime
from pytest_sensei.watch import ledger
from pytest_sensei.watch.leaks import Alive, outliving
from pytest_sensei.watch.watching import Watching


class Thing:
    """Something of the user's."""


def use_a_thread(watching: Watching) -> weakref.ref[Thing]:
    """Have a thread with a thing of its own wait until it was looked at."""
    thing = Thing()
    looked = threading.Event()

    def work() -> None:
        assert thing
        assert looked.wait(20)

    before = Alive.now().threads
    thread = threading.Thread(target=work)
    thread.start()
    watching._judge()
    assert outliving(before) == [thread]
    looked.set()
    thread.join()
    return weakref.ref(thing)


def test_what_a_waiting_thread_uses_is_gone_with_the_thread() -> None:
    before = runtime.watcher
    watching = Watching(None)
    with patching.installation():
        watching.begin(proving=True)
        runtime.watch_with(watching)
        gc.disable()
        try:
            gone = use_a_thread(watching)
            assert gone() is None
        finally:
            gc.enable()
            runtime.watch_with(before)


def test_who_waits_on_looks_again_only_when_something_is_different(monkeypatch: pytest.MonkeyPatch) -> None:
    """An idle worker must not keep the frames of a running test alive, look after look."""
    before, looks, read = runtime.watcher, [0], ledger.read

    def count() -> ledger.Ledger:
        looks[0] += 1
        return read()

    monkeypatch.setattr(ledger, "read", count)
    watching = Watching(None)
    with patching.installation():
        watching.begin(proving=True)
        watching.look(watching.main)
        alone = looks[0]
        watching.look(watching.main)
        assert looks[0] == alone
        lock = threading.Lock()
        with lock:
            thread = threading.Thread(target=lambda: lock.acquire() and lock.release())
            thread.start()
            while looks[0] == alone:  # once its wait is to be seen
                runtime.real_sleep(0.001)
                watching.look(watching.main)
        thread.join()
    runtime.watch_with(before)


@pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="threads are counted in /proc")
def test_counting_the_threads_of_the_process_opens_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("opened a directory")

    monkeypatch.setattr(ledger, "_listdir", refuse)
    assert ledger.count_native_threads() >= 1
