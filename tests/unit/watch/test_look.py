"""A look at the threads leaves nothing behind, and does no harm to who looks."""

from __future__ import annotations

import errno
import gc
import multiprocessing
import os
import threading
import weakref
from pathlib import Path

import pytest
from pytest_sensei.primitives import patching, runtime
from pytest_sensei.primitives.pipes import Ends
from pytest_sensei.watch import ledger, noting
from pytest_sensei.watch.home import Home
from pytest_sensei.watch.leaks import Alive, outliving
from pytest_sensei.watch.membership import ChildWatching
from pytest_sensei.watch.record import Record
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


def closed_meanwhile(*_: object) -> None:
    raise OSError(errno.EBADF, os.strerror(errno.EBADF))


def test_what_is_closed_while_somebody_looks_at_it_is_no_fault_of_the_waiter(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    watching = Watching(None)
    watching.begin(proving=True)
    monkeypatch.setattr(ledger, "read", closed_meanwhile)

    watching.look(watching.main)

    assert not watching.has_broken_off


def test_nor_is_it_in_another_process_of_the_family(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    home = Home.make()
    home.head.proving = True
    child = ChildWatching(home, os.getpid(), None, Record(tmp_path, os.getpid(), 1))
    looks = []
    monkeypatch.setattr(child._judge, "has_nothing_to_do", lambda: False)
    monkeypatch.setattr(ledger, "read", lambda: looks.append(1) or closed_meanwhile())
    try:
        child.look(runtime.current_strand())
        child.look(runtime.current_strand())
    finally:
        home.remove()

    assert len(looks) == 2, "it looks again"


def test_a_connection_that_was_closed_has_no_name() -> None:
    here, there = multiprocessing.Pipe()
    fd = here.fileno()
    assert noting._thing_id(Ends(reading=(fd,), writing=(), target=here))
    here.close()
    there.close()

    assert noting._thing_id(Ends(reading=(fd,), writing=(), target=here)) == ""
