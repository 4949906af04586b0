"""A look at the threads leaves nothing behind."""

from __future__ import annotations

import gc
import threading
import weakref

from pytest_sensei.primitives import patching, runtime
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
