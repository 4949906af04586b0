"""How a pool ends that the garbage collector has taken: with everybody whom its threads have started."""

from __future__ import annotations

import multiprocessing
import threading
import time

from pytest_sensei.primitives import patching, pools
from pytest_sensei.watch import left_pools


def test_a_worker_that_is_started_while_the_others_are_ended_is_ended_too() -> None:
    killing, replaced = threading.Event(), threading.Event()
    worker = multiprocessing.get_context("fork").Process(target=time.sleep, args=(600,))
    killed: list[list[int]] = []

    def replace() -> None:
        killing.wait()
        worker.start()
        replaced.set()

    def kill(pids: list[int]) -> None:
        killed.append(pids)
        killing.set()
        assert replaced.wait(60)

    with patching.installation():
        thread = threading.Thread(target=replace)
        thread.start()
        left = left_pools.LeftPool(pools.Made(0, ()), "Pool", 1, "", frozenset({1}), frozenset({thread}))
        left_pools.end_dropped([left], kill, patience=60)
        worker.kill()
        worker.join()

    assert killed == [[1], [worker.pid]]
    assert not thread.is_alive()
