"""What our primitives cost beside the raw ones: `python benchmarks/primitives.py`.

Each round runs every subject once, one after the other, for a fraction of a millisecond; the table shows the
fastest round of each. So a noisy machine makes it slower, but hardly unfair. Compare within one run only.
"""

from __future__ import annotations

import _thread
import queue
import sys
import threading
import time
import types
from collections.abc import Callable
from typing import Any

from pytest_sensei.primitives import locks, patching, queues

ROUNDS = 1000
Timing = Callable[[Any, int], float]


def acquire_release(lock: Any, count: int) -> float:
    began = time.perf_counter()
    for _ in range(count):
        lock.acquire()
        lock.release()
    return time.perf_counter() - began


def with_block(lock: Any, count: int) -> float:
    began = time.perf_counter()
    for _ in range(count):
        with lock:
            pass
    return time.perf_counter() - began


def put_get(subject: Any, count: int) -> float:
    began = time.perf_counter()
    for _ in range(count):
        subject.put(None)
        subject.get()
    return time.perf_counter() - began


def set_clear(event: Any, count: int) -> float:
    began = time.perf_counter()
    for _ in range(count):
        event.set()
        event.clear()
    return time.perf_counter() - began


def start_join_raw(_: object, count: int) -> float:
    began = time.perf_counter()
    for _ in range(count):
        thread = threading.Thread(target=int)
        thread.start()
        thread.join()
    return time.perf_counter() - began


def start_join_ours(_: object, count: int) -> float:
    with patching.installation():
        return start_join_raw(None, count)


def in_place(make: Callable[[], object]) -> object:
    """Make something of the standard library while our primitives are in place."""
    with patching.installation():
        return make()


def subjects() -> list[tuple[str, Timing, object, Timing, object, int]]:
    """Return (name, timing of the raw one, the raw one, timing of ours, ours, repetitions a round)."""
    raw, ours = _thread.allocate_lock(), locks.Lock()
    raw_r, ours_r = _thread.RLock(), locks.RLock()
    pairs: list[tuple[str, Timing, object, object, int]] = [
        ("Lock   acquire, release", acquire_release, raw, ours, 500),
        ("Lock   with", with_block, raw, ours, 500),
        ("RLock  acquire, release", acquire_release, raw_r, ours_r, 500),
        ("RLock  with", with_block, raw_r, ours_r, 500),
        ("Queue  put, get", put_get, queue.Queue(), in_place(queue.Queue), 100),
        ("SimpleQueue  put, get", put_get, queue.SimpleQueue(), queues.SimpleQueue(), 500),
        ("Event  set, clear", set_clear, threading.Event(), in_place(threading.Event), 100),
    ]
    table = [(name, timing, first, timing, second, count) for name, timing, first, second, count in pairs]
    return [*table, ("Thread  start, join", start_join_raw, None, start_join_ours, None, 2)]


def own(timing: Timing) -> Timing:
    """Return a copy: the interpreter adapts a function's code to the one type that it meets there."""
    if timing is start_join_ours:
        return timing
    return types.FunctionType(timing.__code__.replace(), globals())


def measure() -> list[tuple[str, float, float]]:
    """Return (name, raw, ours) in nanoseconds for one pair of calls."""
    rows = [(name, own(a), raw, own(b), ours, count) for name, a, raw, b, ours, count in subjects()]
    best = {name: [float("inf"), float("inf")] for name, *_ in rows}
    for _ in range(ROUNDS):
        for name, time_raw, raw, time_ours, ours, count in rows:
            times = best[name]
            times[0] = min(times[0], time_raw(raw, count) / count)
            times[1] = min(times[1], time_ours(ours, count) / count)
    return [(name, raw * 1e9, ours * 1e9) for name, (raw, ours) in best.items()]


def main() -> None:
    print(f"Python {sys.version.split()[0]}, fastest of {ROUNDS} rounds, nanoseconds for the pair")
    print(f"{'':28}{'raw':>9}{'ours':>9}{'ratio':>8}")
    for name, raw, ours in measure():
        print(f"{name:28}{raw:9.0f}{ours:9.0f}{ours / raw:8.2f}")


if __name__ == "__main__":
    main()
