"""Tells when processes have come to rest, for the tests of katas: who had something to do has done it by then.

A wrong answer that does not wait for others is right by chance where these are quicker. So they wait for it:
until it sleeps, whatever it waits for, for as long as it takes it to get there.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_sensei.watch import procfs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_LOOKS = 10  # so often all have to be seen asleep: who waits in slices or polls is awake now and then
_PATIENCE = 250  # looks at most: somebody may wait without ever sleeping
_PAUSE = 0.02  # seconds between two looks; on a busy machine they take longer, and so do the others
_WAITING = "waits for rest"  # the name of a thread that does nothing but look, for others who look


def _never() -> bool:
    return False


def until_asleep(process: int, unless: Callable[[], bool] = _never) -> None:
    """Wait until another process sleeps, with all its threads; or until `unless` is true."""
    if process != os.getpid():
        _wait(lambda: _is_at_rest(process), _LOOKS, unless)


def until_all_asleep(root: int, unless: Callable[[], bool] = _never) -> None:
    """Wait until a process and all that descend from it, but the calling one, sleep; or until `unless` is true."""
    with _named(_WAITING):
        _wait(lambda: all(map(_is_at_rest, _others_of(root))), _LOOKS, unless)


def until_ended(process: int) -> None:
    """Wait until another process has ended, whether or not anybody has asked how."""
    if process != os.getpid():
        _wait(lambda: _has_ended(process), 1)


class Company:
    """Lets processes wait for each other: until so many have come, or nobody is at work who could come, too.

    To be made by the test, and shared with the processes that are forked after that.
    """

    def __init__(self, enough: int) -> None:
        self._enough = enough
        self._root = self._last = os.getpid()
        self._come = multiprocessing.Value("i", 0)

    def join(self) -> None:
        """Wait for the others, when this process has come for the first time."""
        if self._last == os.getpid():
            return
        self._last = os.getpid()
        with self._come.get_lock():
            self._come.value += 1
        until_all_asleep(self._root, unless=lambda: self._come.value >= self._enough)


def _wait(is_so: Callable[[], bool], times: int, unless: Callable[[], bool] = _never) -> None:
    for _ in range(_PATIENCE):
        if unless():
            return
        times -= is_so()
        if not times:
            return
        time.sleep(_PAUSE)


def _is_at_rest(process: int) -> bool:
    """Tell whether no thread of a process is at work. Where that cannot be seen, time alone must do."""
    threads = (procfs.task(process, tid) for tid in procfs.tasks(process))
    return all(
        thread is None or thread.ended or thread.state == "S" or thread.name == _WAITING for thread in threads
    )


def _others_of(root: int) -> Iterator[int]:
    """Yield a process and its descendants, but for the calling one."""
    return (process for process in (root, *procfs.descendants(root)) if process != os.getpid())


@contextlib.contextmanager
def _named(name: str) -> Iterator[None]:
    """Give this thread another name for a while, where that is possible."""
    comm, before = Path("/proc/thread-self/comm"), None
    with contextlib.suppress(OSError):
        before = comm.read_text()
        comm.write_text(name)
    try:
        yield
    finally:
        if before is not None:
            with contextlib.suppress(OSError):
                comm.write_text(before.rstrip("\n"))


def _has_ended(process: int) -> bool:
    if procfs.visible():
        found = procfs.stat(process)
        return found is None or found.ended
    import psutil  # it takes a while to load, and on Linux nobody needs it

    try:
        return bool(psutil.Process(process).status() == psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return True
