"""What the primitives ask of an execution: locks, thread starts and joins, queues and sleep, under control."""

from __future__ import annotations

import sys
import threading
from typing import TYPE_CHECKING, Any

from pytest_sensei.explore import family, hooks
from pytest_sensei.explore import operation as op
from pytest_sensei.explore.operation import Operation
from pytest_sensei.explore.scheduler import End, Scheduler
from pytest_sensei.explore.task import Task, Unwind, dismiss
from pytest_sensei.primitives import queues, threads
from pytest_sensei.primitives.pipes import Ends
from pytest_sensei.primitives.runtime import (
    Lockable,
    Takeable,
    begin_strand,
    end_strand,
    get_ident,
    real_sleep,
)

if TYPE_CHECKING:
    import contextvars
    from collections.abc import Callable

CLOCK_LOOKS = 20  # looks at the clock, with little in between, that make a busy wait
OWN = 3  # descriptors below are the process's own input and output
CLOCK_STEP = 0.0005  # seconds of virtual time that pass at a further look, and more each time


class Execution(Scheduler):
    """The explored runtime behind the primitives, for one execution."""

    def controls(self) -> bool:
        """Tell whether the current thread is one of the execution's."""
        return get_ident() in self.by_ident

    # Locks --------------------------------------------------------------------------------------------

    def acquire(self, lock: Lockable, timeout: float | None) -> bool:
        """Wait until `lock` may be taken; see `Explorer.acquire`."""
        __tracebackhide__ = True
        task = self.by_ident[get_ident()]
        if self.over:
            return self._at_the_end(task, free=_is_free(task, lock), timeout=timeout)
        task.ticks += 1
        return self.point(task, self._waiting(task, op.ACQUIRE, op.TRY, lock, lock, timeout))

    def release(self, lock: Lockable) -> bool:
        """Announce a release. Returns false when the caller should leave it: it is another's by now."""
        __tracebackhide__ = True
        task = self.by_ident[get_ident()]
        if self.over:
            return lock._owner is task.strand
        task.ticks += 1
        return self.point(task, Operation(op.RELEASE, lock, lock))

    def look(self, lock: Lockable) -> None:
        """Announce a question whether a lock is held; see `Explorer.look`."""
        task = self.by_ident[get_ident()]
        if not self.over:
            task.ticks += 1
            self.point(task, Operation(op.LOCKED, lock, lock))

    def _waiting(
        self, task: Task, act: op.Act, at_once: op.Act, key: object, target: object, timeout: float | None
    ) -> Operation:
        """Return the operation of waiting for something at most so long."""
        if timeout is None:
            return Operation(act, key, target, waits=True)
        if timeout <= 0 or (self.shared.any_timeouts and self.value(task, 2)):
            return Operation(at_once, key, target)
        return Operation(act, key, target, waits=True, deadline=self.now + timeout)

    def _at_the_end(self, task: Task, *, free: bool, timeout: float | None) -> bool:
        """The execution is over: a task that unwinds waits for nothing any more."""
        __tracebackhide__ = True
        if not free and timeout != 0:
            self.unwind(task)
        return free

    def notified(self, condition: object) -> None:
        """Hear of a call of `notify`: when nobody waits, nothing else tells of it."""
        task = self.by_ident.get(get_ident())
        if self.recorder is not None and task is not None and not self.over:
            self.recorder.notified(task, condition)

    # Threads ------------------------------------------------------------------------------------------

    def start(self, thread: Any, launch: Callable[[], None]) -> None:
        """Make a task of a thread that is started; see `Explorer.start`."""
        __tracebackhide__ = True
        task = self.by_ident[get_ident()]
        if not thread._initialized or thread._started._flag:
            launch()  # raises as the real one does
            return
        if self.over:
            self.unwind(task)
        path = (*task.path, task.children)
        tid = self.shared.tids.setdefault(path, len(self.shared.tids))
        task.ticks += 1
        self.point(task, Operation(op.START, tid, thread.name))
        task.children += 1
        self.names.alone = False
        child = Task(tid, len(self.tasks), path, thread, task.epochs.child(tid))
        self._carry(child)
        self.tasks.append(child)
        self.live.append(child)
        self.by_thread[id(thread)] = child

    def _carry(self, child: Task) -> None:
        """Give a new task the system's thread that will carry it."""
        child.worker = worker = self.shared.pool.take()
        child.gate = worker.gate
        child.ident = worker.ident
        self.by_ident[worker.ident] = child
        thread: Any = child.thread
        thread._ident = worker.ident
        thread._native_id = worker.native
        thread._started._flag = True  # the real start waits for this event; nobody else does
        threads.pretend_running(thread, worker.ident)
        with threading._active_limbo_lock:  # type: ignore[attr-defined]
            threading._active[worker.ident] = thread  # type: ignore[attr-defined]
        context = threads.context_for(thread)
        worker.job = lambda: self._live(child, context)

    def _live(self, task: Task, context: contextvars.Context) -> None:
        """Be the task, on its own thread, from its first operation to its last."""
        thread: Any = task.thread
        task.strand = threads.strand_of[thread] = begin_strand()
        try:
            if not self.over:
                context.run(self._run_thread, task, thread)
            if not self.over:
                task.ticks += 1
                self.point(task, Operation(op.END, task.tid))
        except Unwind:
            pass  # the execution is over
        surely(self._see_off, task)

    def _see_off(self, task: Task) -> None:
        """Do what is to be done when a task has ended; again from the start if the watchdog breaks in on it."""
        thread: Any = task.thread
        if task.strand is not None and not task.strand.ended:
            end_strand(task.strand, thread.name)
        _retire(thread)
        worker, task.worker = task.worker, None
        if worker is not None:
            if self.end is End.ESCAPED:  # its gate may be open, and an exception on its way to it
                dismiss(worker)
            else:
                self.shared.pool.give_back(worker)
        self.leave(task)

    def _run_thread(self, task: Task, thread: Any) -> None:
        if (tracing := threading.gettrace()) is not None:
            sys.settrace(tracing)
        if (profiling := threading.getprofile()) is not None:
            sys.setprofile(profiling)
        try:
            if getattr(thread, "_target", None) is not None:
                hooks.before_any_call(thread._target, *thread._args)  # the call itself is `threading`'s
            thread.run()
        except (SystemExit, Unwind):
            pass  # neither is an accident of a thread
        except BaseException as error:  # noqa: BLE001  (as `threading` does)
            if threading.excepthook is self.shared.excepthook:
                task.error = error
            else:
                thread._invoke_excepthook(thread)  # the test wants to see it itself

    def join(self, thread: Any, timeout: float | None) -> None:
        """Wait for the end of a thread; see `Explorer.join`."""
        __tracebackhide__ = True
        task = self.by_ident[get_ident()]
        child = self.by_thread.get(id(thread))
        if child is None:
            threads.real_join(thread, timeout)  # started before the exploration
            return
        if self.over:
            self._at_the_end(task, free=child.ended, timeout=timeout)
            return
        task.ticks += 1
        got = self.point(task, self._waiting(task, op.JOIN, op.LOOK, child.tid, child, timeout))
        if got and child.ended:
            task.epochs.learn(child.epochs)

    def is_alive(self, thread: object) -> bool | None:
        """Tell whether a controlled thread lives; None: not one of ours."""
        child = self.by_thread.get(id(thread))
        if child is None:
            return None
        task = self.by_ident.get(get_ident())
        if task is not None and not self.over:
            task.ticks += 1
            self.point(task, Operation(op.LOOK, child.tid, child))
        return not child.ended

    # Queues and time ----------------------------------------------------------------------------------

    def queue_put(self, queue: queues.SimpleQueue) -> None:
        """Announce a put on a SimpleQueue; see `Explorer.queue_put`."""
        __tracebackhide__ = True
        task = self.by_ident[get_ident()]
        if not self.over:
            task.ticks += 1
            self.point(task, Operation(op.PUT, queue, queue))

    def queue_get(self, queue: queues.SimpleQueue, timeout: float | None) -> bool:
        """Wait until a SimpleQueue has an item; see `Explorer.queue_get`."""
        __tracebackhide__ = True
        task = self.by_ident[get_ident()]
        if self.over:
            return self._at_the_end(task, free=queue.qsize() > 0, timeout=timeout)
        task.ticks += 1
        return self.point(task, self._waiting(task, op.GET, op.POLL, queue, queue, timeout))

    def take(self, resource: Takeable, timeout: float | None) -> bool | None:
        """Wait for a pipe or a semaphore of multiprocessing; see `Explorer.take`."""
        __tracebackhide__ = True
        task = self.by_ident[get_ident()]
        if _is_shared_with_processes(resource):
            return None
        if self.over:
            return self._at_the_end(task, free=_is_ready(task, resource), timeout=timeout)
        task.ticks += 1
        return self.point(task, self._waiting(task, op.TAKE, op.PEEK, _store(resource), resource, timeout))

    def give(self, resource: Takeable) -> None:
        """Announce that a semaphore of multiprocessing is given back; see `Explorer.give`."""
        __tracebackhide__ = True
        task = self.by_ident[get_ident()]
        if not self.over:
            task.ticks += 1
            self.point(task, Operation(op.GIVE, _store(resource), resource))

    def sleep(self, seconds: float) -> None:
        """Let time pass for the current task, at no cost."""
        __tracebackhide__ = True
        task = self.by_ident[get_ident()]
        if not isinstance(seconds, (int, float)) or not 0 <= seconds < threading.TIMEOUT_MAX:
            real_sleep(seconds)  # raises as the real one does
            return
        if self.over:
            self.unwind(task)
        task.ticks += 1
        waits = not self.shared.any_timeouts
        self.point(task, Operation(op.SLEEP, None, waits=waits, deadline=self.now + seconds))

    def read_clock(self) -> float:
        """Return the virtual time. Who only ever looks at the clock makes it move: a busy wait ends."""
        task = self.by_ident[get_ident()]
        if self.over:
            return self.now
        task.ticks += 1
        task.looks = task.looks + 1 if task.ticks - task.looked <= 2 else 0
        task.looked = task.ticks
        if task.looks > CLOCK_LOOKS:
            self.point(
                task, Operation(op.SLEEP, None, waits=True, deadline=self.now + CLOCK_STEP * task.looks)
            )
        return self.now


def surely(call: Callable[[Task], None], task: Task) -> None:
    """Do it to the end, though the watchdog may raise `Unwind` anywhere in it, once."""
    try:
        call(task)
    except Unwind:
        call(task)


def _store(resource: Takeable) -> object:
    """Return what an operation on `resource` depends on: two descriptors may be one pipe's."""
    return "pipes" if isinstance(resource, Ends) else resource


def _is_shared_with_processes(resource: Takeable) -> bool:
    """Tell whether another process may act on it: then a wait for it is not ours to judge."""
    if isinstance(resource, Ends) and any(fd < OWN for fd in (*resource.reading, *resource.writing)):
        return True
    return family.has_children()


def _is_ready(task: Task, resource: Takeable) -> bool:
    return task.strand is not None and resource.is_ready(task.strand)


def _is_free(task: Task, lock: Lockable) -> bool:
    return task.strand is not None and lock.available_to(task.strand)


def _retire(thread: Any) -> None:
    """Make a thread look to everybody as one that has ended."""
    with threading._active_limbo_lock:  # type: ignore[attr-defined]
        threading._active.pop(thread._ident, None)  # type: ignore[attr-defined]
    threads.pretend_ended(thread)
