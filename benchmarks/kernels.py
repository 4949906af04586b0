"""Small concurrent programs, some with a bug, that explorers are measured by."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True)
class Kernel:
    """A program to explore, and whether something is wrong with it."""

    name: str
    body: Callable[[], None]
    buggy: bool
    first: int = 10  # schedules within which the bug is to be found


def together(*jobs: Callable[[], object]) -> None:
    threads = [threading.Thread(target=job) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


class Counter:
    def __init__(self) -> None:
        self.value = 0
        self.lock = threading.Lock()

    def add(self, times: int) -> None:
        for _ in range(times):
            self.value += 1

    def add_safely(self, times: int) -> None:
        for _ in range(times):
            with self.lock:
                self.value += 1


def lost_update(tasks: int, times: int) -> None:
    counter = Counter()
    together(*[lambda: counter.add(times)] * tasks)
    assert counter.value == tasks * times


def locked_counter(tasks: int, times: int) -> None:
    counter = Counter()
    together(*[lambda: counter.add_safely(times)] * tasks)
    assert counter.value == tasks * times


class Lazy:
    def __init__(self) -> None:
        self.made = 0
        self.value: object = None
        self.ready = False
        self.lock = threading.Lock()

    def make(self) -> object:
        self.made += 1
        return object()

    def get(self) -> object:
        if self.value is None:
            self.value = self.make()
        return self.value

    def get_too_early(self) -> object:
        """Double-checked, but says that it is ready before it is."""
        if not self.ready:
            with self.lock:
                if not self.ready:
                    self.ready = True
                    self.value = self.make()
        return self.value


def lazy_init() -> None:
    lazy = Lazy()
    got: list[object] = []
    together(*[lambda: got.append(lazy.get())] * 2)
    assert got[0] is got[1]


def double_checked() -> None:
    lazy = Lazy()
    got: list[object] = []
    together(*[lambda: got.append(lazy.get_too_early())] * 2)
    assert None not in got


def ab_ba() -> None:
    one, two = threading.Lock(), threading.Lock()

    def both(first: threading.Lock, second: threading.Lock) -> None:
        with first, second:
            pass

    together(lambda: both(one, two), lambda: both(two, one))


def missed_notify() -> None:
    ready = threading.Condition()

    def wait() -> None:
        with ready:
            ready.wait()

    def wake() -> None:
        with ready:
            ready.notify()

    together(wait, wake)


class Buffer:
    def __init__(self, size: int) -> None:
        self.size = size
        self.items: list[int] = []
        self.changed = threading.Condition()

    def put(self, item: int) -> None:
        with self.changed:
            self.changed.wait_for(lambda: len(self.items) < self.size)
            self.items.append(item)
            self.changed.notify_all()

    def get(self) -> int:
        with self.changed:
            self.changed.wait_for(lambda: self.items)
            item = self.items.pop(0)
            self.changed.notify_all()
            return item

    def get_with_if(self) -> int:
        with self.changed:
            if not self.items:
                self.changed.wait()
            item = self.items.pop(0)
            self.changed.notify_all()
            return item


def buffer_with_if() -> None:
    buffer = Buffer(2)
    failed: list[BaseException] = []

    def get() -> None:
        try:
            buffer.get_with_if()
        except IndexError as error:
            failed.append(error)
            buffer.put(0)

    def put() -> None:
        buffer.put(1)
        buffer.put(2)

    together(get, get, put)
    assert not failed


def buffer_correct() -> None:
    buffer = Buffer(1)
    got: list[int] = []
    together(
        lambda: [buffer.put(item) for item in range(2)], lambda: got.extend([buffer.get(), buffer.get()])
    )
    assert got == [0, 1]


class Places:
    """A semaphore that wakes nobody when a place gets free while somebody is about to sleep."""

    def __init__(self, places: int) -> None:
        self.places = places
        self.waiting = 0
        self.free = threading.Condition()

    def acquire(self) -> None:
        with self.free:
            while not self.places:
                self.free.wait()
            self.places -= 1

    def release(self) -> None:
        with self.free:
            self.places += 1


def semaphore_that_does_not_wake() -> None:
    places = Places(1)

    def use() -> None:
        places.acquire()
        places.release()

    together(use, use)


def philosophers(count: int) -> None:
    forks = [threading.Lock() for _ in range(count)]

    def dine(seat: int) -> None:
        with forks[seat], forks[(seat + 1) % count]:
            pass

    together(*[partial(dine, seat) for seat in range(count)])


class Pair:
    def __init__(self) -> None:
        self.left = 0
        self.right = 0


def reorder(setters: int) -> None:
    """One setter must stand still between its two writes, after all others, while the checker looks."""
    pair = Pair()
    seen: list[bool] = []

    def put() -> None:
        pair.left = 1
        pair.right = -1

    def look() -> None:
        left = pair.left
        seen.append(left + pair.right == 0)

    together(*[put] * setters, look)
    assert seen == [True]


def wrong_lock() -> None:
    """Three threads, of which one takes another lock than the others."""
    counter = Counter()
    other = threading.Lock()

    def add(lock: threading.Lock) -> None:
        with lock:
            counter.value += 1

    together(lambda: add(counter.lock), lambda: add(counter.lock), lambda: add(other))
    assert counter.value == 3


def two_stage() -> None:
    """The second value is made from the first under another lock: who looks in between sees them disagree."""
    pair = Pair()
    first, second = threading.Lock(), threading.Lock()
    seen: list[bool] = []

    def write() -> None:
        with first:
            pair.left = 1
        with second:
            pair.right = pair.left + 1

    def look() -> None:
        with first:
            left = pair.left
        if left:
            with second:
                seen.append(pair.right == left + 1)

    together(write, look)
    assert all(seen)


KERNELS = (
    Kernel("lost update 2x1", partial(lost_update, 2, 1), buggy=True),
    Kernel("lost update 3x2", partial(lost_update, 3, 2), buggy=True),
    Kernel("lazy init", lazy_init, buggy=True),
    Kernel("AB-BA", ab_ba, buggy=True),
    Kernel("missed notify", missed_notify, buggy=True),
    Kernel("bounded buffer with if", buffer_with_if, buggy=True),
    Kernel("semaphore that does not wake", semaphore_that_does_not_wake, buggy=True),
    Kernel("double-checked locking", double_checked, buggy=True),
    Kernel("philosophers 3", partial(philosophers, 3), buggy=True),
    Kernel("philosophers 4", partial(philosophers, 4), buggy=True),
    Kernel("reorder 3", partial(reorder, 2), buggy=True),
    Kernel("reorder 10", partial(reorder, 9), buggy=True, first=30),
    Kernel("wrong lock 3", wrong_lock, buggy=True),
    Kernel("two-stage", two_stage, buggy=True),
    Kernel("locked counter 2x2", partial(locked_counter, 2, 2), buggy=False),
    Kernel("locked counter 3x2", partial(locked_counter, 3, 2), buggy=False),
    Kernel("bounded buffer", buffer_correct, buggy=False),
)
