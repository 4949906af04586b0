"""Small concurrent programs, some with a bug, that explorers are measured by."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

Job = Callable[[], object]
Program = tuple[list[Job], Callable[[], bool]]
"""What the threads do, all at once, and whether it went well."""


@dataclass(frozen=True)
class Kernel:
    """A program to explore, and whether something is wrong with it."""

    name: str
    make: Callable[[], Program]
    buggy: bool

    def body(self) -> None:
        """Run it as a test would."""
        jobs, went_well = self.make()
        threads = [threading.Thread(target=job) for job in jobs]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert went_well()


def always() -> bool:
    return True


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


def lost_update(tasks: int, times: int) -> Program:
    counter = Counter()
    return [partial(counter.add, times)] * tasks, lambda: counter.value == tasks * times


def locked_counter(tasks: int, times: int) -> Program:
    counter = Counter()
    return [partial(counter.add_safely, times)] * tasks, lambda: counter.value == tasks * times


class Lazy:
    def __init__(self) -> None:
        self.value: object = None
        self.ready = False
        self.lock = threading.Lock()

    def get(self) -> object:
        if self.value is None:
            self.value = object()
        return self.value

    def get_too_early(self) -> object:
        """Double-checked, but says that it is ready before it is."""
        if not self.ready:
            with self.lock:
                if not self.ready:
                    self.ready = True
                    self.value = object()
        return self.value


def lazy_init() -> Program:
    lazy = Lazy()
    got: list[object] = []
    return [lambda: got.append(lazy.get())] * 2, lambda: got[0] is got[1]


def double_checked() -> Program:
    lazy = Lazy()
    got: list[object] = []
    return [lambda: got.append(lazy.get_too_early())] * 2, lambda: None not in got


def both(first: threading.Lock, second: threading.Lock) -> None:
    with first, second:
        pass


def ab_ba() -> Program:
    one, two = threading.Lock(), threading.Lock()
    return [partial(both, one, two), partial(both, two, one)], always


def philosophers(count: int) -> Program:
    forks = [threading.Lock() for _ in range(count)]
    return [partial(both, forks[seat], forks[(seat + 1) % count]) for seat in range(count)], always


def missed_notify() -> Program:
    ready = threading.Condition()

    def wait() -> None:
        with ready:
            ready.wait()

    def wake() -> None:
        with ready:
            ready.notify()

    return [wait, wake], always


class Buffer:
    def __init__(self, size: int) -> None:
        self.size = size
        self.items: list[int] = []
        self.changed = threading.Condition()

    def put(self, item: int) -> None:
        with self.changed:
            while len(self.items) >= self.size:
                self.changed.wait()
            self.items.append(item)
            self.changed.notify_all()

    def get(self) -> int:
        with self.changed:
            while not self.items:
                self.changed.wait()
            item = self.items.pop(0)
            self.changed.notify_all()
            return item

    def get_with_if(self) -> int | None:
        with self.changed:
            if not self.items:
                self.changed.wait()
            item = self.items.pop(0) if self.items else None
            self.changed.notify_all()
            return item


def buffer_with_if() -> Program:
    """Two consumers sleep, one item comes, and both go on."""
    buffer = Buffer(2)
    got: list[int | None] = []

    def put() -> None:
        buffer.put(1)
        buffer.put(2)

    return [lambda: got.append(buffer.get_with_if())] * 2 + [put], lambda: None not in got


def buffer_correct() -> Program:
    buffer = Buffer(1)
    got: list[int] = []

    def put() -> None:
        buffer.put(0)
        buffer.put(1)

    def get() -> None:
        got.append(buffer.get())
        got.append(buffer.get())

    return [put, get], lambda: got == [0, 1]


class Places:
    """A semaphore whose release wakes nobody."""

    def __init__(self, places: int) -> None:
        self.places = places
        self.free = threading.Condition()

    def use(self) -> None:
        with self.free:
            while not self.places:
                self.free.wait()
            self.places -= 1
        with self.free:
            self.places += 1


def semaphore_that_does_not_wake() -> Program:
    return [Places(1).use] * 2, always


class Pair:
    def __init__(self) -> None:
        self.left = 0
        self.right = 0
        self.balanced = True

    def put(self) -> None:
        self.left = 1
        self.right = -1

    def look(self) -> None:
        left = self.left
        self.balanced = left + self.right == 0


def reorder(setters: int) -> Program:
    """The look must come after a first write to the left, and before all writes to the right."""
    pair = Pair()
    return [*[pair.put] * setters, pair.look], lambda: pair.balanced


def wrong_lock() -> Program:
    """Three threads, of which one takes another lock than the others."""
    counter = Counter()
    other = threading.Lock()

    def add(lock: threading.Lock) -> None:
        with lock:
            counter.value += 1

    jobs: list[Job] = [partial(add, lock) for lock in (counter.lock, counter.lock, other)]
    return jobs, lambda: counter.value == 3


def two_stage() -> Program:
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

    return [write, look], lambda: all(seen)


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
    Kernel("reorder 10", partial(reorder, 9), buggy=True),
    Kernel("wrong lock 3", wrong_lock, buggy=True),
    Kernel("two-stage", two_stage, buggy=True),
    Kernel("locked counter 2x2", partial(locked_counter, 2, 2), buggy=False),
    Kernel("locked counter 3x2", partial(locked_counter, 3, 2), buggy=False),
    Kernel("bounded buffer", buffer_correct, buggy=False),
)
