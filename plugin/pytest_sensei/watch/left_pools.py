"""Pools and process executors that a test has left open: found, explained, and ended."""

from __future__ import annotations

import contextlib
import threading
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import pool, util
from typing import TYPE_CHECKING, Any, NamedTuple

from pytest_sensei.diagnosis import Diagnosis, Kind, Place, Resource
from pytest_sensei.primitives import births, pools, threads
from pytest_sensei.primitives.pools import threads_of, workers_of
from pytest_sensei.watch import leaks, procfs
from pytest_sensei.watch.patience import looks
from pytest_sensei.watch.places import first_user_site, line_of, place_of
from pytest_sensei.watch.source import assigned_in

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

PATIENCE = 0.5  # seconds that a pool gets to end itself


class LeftPool(NamedTuple):
    """A pool that was left open."""

    made: pools.Made
    type: str
    workers: int
    how: str  # what did not happen
    processes: frozenset[int]
    threads: frozenset[threading.Thread]
    enders: Sequence[threading.Thread] = ()
    target: Any = None  # the pool; None when it is gone already

    @property
    def may_be_dropped(self) -> bool:
        """Tell whether it may be left to the garbage collector, by its documentation."""
        return isinstance(self.target, ProcessPoolExecutor)

    @property
    def is_ending(self) -> bool:
        """Tell whether it was closed or terminated, so that its workers may be on their way out."""
        return getattr(self.target, "_state", None) in (pool.CLOSE, pool.TERMINATE)


def workers_of_all() -> set[int]:
    """Return the process identifiers of the workers of all pools, dropped ones too: the pool is judged, not they."""
    living = {pid for each in list(pools.living) for pid in pools.pids_of(each)}
    return living.union(*(each.pids for each in pools.dropped))


def threads_of_all() -> set[threading.Thread]:
    """Return the threads of every pool, also of one that was dropped and is about to end."""
    living = {thread for each in list(pools.living) for thread in threads_of(each)}
    return living.union(*((*each.threads, *each.enders) for each in pools.dropped))


# -- finding


def left_open(concerns: Callable[[int], bool]) -> list[LeftPool]:
    """Return the pools, of those with the serials in question, that are still open."""
    found = [_left(each) for each in list(pools.living) if concerns(pools.made_in(each).serial)]
    return sorted((each for each in found if each is not None), key=lambda left: left.made.serial)


def dropped(concerns: Callable[[int], bool]) -> list[LeftPool]:
    """Return the pools that were collected while they were running."""
    how = "was never closed: the garbage collector ended it"
    mine = [each for each in pools.dropped if concerns(each.made.serial)]
    return [
        LeftPool(each.made, each.type, each.workers, how, each.pids, each.threads, each.enders)
        for each in mine
    ]


def each_once(left: Iterable[LeftPool]) -> list[LeftPool]:
    """Return the first mention of each pool: one that is collected during a look is living and dropped."""
    found: dict[int, LeftPool] = {}
    for each in left:
        found.setdefault(each.made.serial, each)
    return list(found.values())


def _left(each: Any) -> LeftPool | None:
    how = _how_executor(each) if isinstance(each, ProcessPoolExecutor) else _how_pool(each)
    if how is None:
        return None
    name, count = type(each).__name__, len(workers_of(each))
    return LeftPool(pools.made_in(each), name, count, how, pools.pids_of(each), threads_of(each), target=each)


def _how_executor(executor: Any) -> str | None:
    is_at_work = executor._executor_manager_thread is not None and not executor._broken
    return "was never shut down" if is_at_work and not executor._shutdown_thread else None


def _how_pool(each: Any) -> str | None:
    if each._state == pool.RUN:
        return "was never closed"
    if each._state == pool.CLOSE and each not in pools.joined and any(map(_is_there, _parts(each))):
        return "was closed, but never joined"
    if each._state == pool.TERMINATE and any(map(_works, workers_of(each))):
        return "was terminated, but not to the end"
    return None


def _parts(each: Any) -> Iterator[Any]:
    yield from workers_of(each)
    yield from threads_of(each)


def _is_there(part: Any) -> bool:
    """Tell whether something is left of a worker or thread, without asking a process how it ended."""
    if isinstance(part, threading.Thread):
        return part.is_alive()
    return part._popen is not None and part._popen.returncode is None


def _works(part: Any) -> bool:
    """Tell whether a worker is a process that has not ended."""
    if isinstance(part, threading.Thread) or not _is_there(part):
        return False
    stat = procfs.stat(part.pid)
    return not procfs.visible() or (stat is not None and not stat.ended)


# -- telling


def diagnose(left: LeftPool, root: str | None) -> Diagnosis:
    """Explain a pool that was left open."""
    place = _place(left, root)
    workers = f"{left.workers} worker{'' if left.workers == 1 else 's'}"
    article = "an executor" if "Executor" in left.type else "a pool"
    return Diagnosis(
        kind=Kind.LEAKED_POOL,
        summary=f"{article} with {workers} {left.how}",
        resources=(Resource("r1", left.type, _name(place), place, workers),),
        culprits=(place,) if place is not None else (),
        details=(f"it consists of {_parts_of(left)}",),
    )


def _parts_of(left: LeftPool) -> str:
    """Count what is not told of on its own."""
    processes, threads = len(left.processes), len(left.threads)
    found = [f"{processes} process{'' if processes == 1 else 'es'}"] if processes else []
    found += [f"{threads} thread{'' if threads == 1 else 's'}"] if threads else []
    return " and ".join(found) or "nothing any more"


def _place(left: LeftPool, root: str | None) -> Place | None:
    site = first_user_site(left.made.frames)
    return place_of(site[0], line_of(*site), root) if site is not None else None


def _name(place: Place | None) -> str:
    """Call it as the line that made it does."""
    return (assigned_in(place.source) if place is not None else "") or "a pool"


# -- ending


def end(left: Iterable[LeftPool], kill: Callable[[list[int]], object]) -> set[threading.Thread]:
    """End pools: each by itself, and where it does not come to that, by ending its workers. Return its threads."""
    mine: set[threading.Thread] = set()
    for each in left:
        if each.target is not None:
            mine |= threads_of(each.target)
            _end(each.target, kill)
    return mine


def end_dropped(left: Iterable[LeftPool], kill: Callable[[list[int]], object], patience: float) -> None:
    """End what the garbage collector has left of pools, or is still at: first who would replace a worker."""
    for each in left:
        _replace_nobody(each.threads)
        kill(sorted(each.processes))
        leaks.end([thread for thread in each.threads if thread.is_alive()], patience)
        kill(sorted(born_of(each.threads)))  # who was started while the others were ended
        for _ in looks(patience):
            there = set(threading.enumerate()).intersection(each.enders)  # also who is about to start
            leaks.end([thread for thread in there if thread.is_alive()], patience)
            if not there:
                break


def _replace_nobody(of_a_pool: Iterable[threading.Thread]) -> None:
    """Tell a pool's threads that it is over: else one of them starts a worker for each that is ended."""
    for thread in of_a_pool:
        if hasattr(thread, "_state"):
            thread._state = pool.TERMINATE


def born_of(parents: Iterable[threading.Thread]) -> set[int]:
    """Return the processes that some threads have started."""
    strands = {threads.strand_of.get(parent) for parent in parents}
    return {birth.pid for birth in list(births.known.values()) if birth.strand in strands}


def _end(target: Any, kill: Callable[[list[int]], object]) -> None:
    workers = [worker for worker in workers_of(target) if not isinstance(worker, threading.Thread)]
    if isinstance(target, ProcessPoolExecutor):
        target.shutdown(wait=False, cancel_futures=True)
        kill([worker.pid for worker in workers])  # its thread sees that, and ends
    else:
        helper = threading.Thread(target=_terminate, args=(target,), daemon=True)
        helper.start()
        threads.real_join(helper, PATIENCE)
        if helper.is_alive():  # a worker holds a lock of the pool's, or will not end, or nobody tells it to
            _replace_nobody(threads_of(target))
            kill([worker.pid for worker in workers])
            threads.real_join(helper, PATIENCE)
    for worker in workers:
        with contextlib.suppress(AssertionError, ValueError):
            worker._popen.poll()


def _terminate(target: Any) -> None:
    target.terminate()
    target.join()


def let_go_at_exit(concerns: Callable[[int], bool]) -> None:
    """Have pools not tidy up when they are collected or the run ends: who was killed may have had a lock of theirs."""
    for each in list(pools.living):
        if isinstance(each, pool.Pool) and concerns(pools.made_in(each).serial):
            tidying: util.Finalize = each._terminate  # type: ignore[attr-defined]
            tidying.cancel()
