"""`shutdown` waits until all jobs are done, not until the workers have ended.

expect: race, failure, leaked-thread
test: test_the_workers_have_ended*
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from queue import Queue
from threading import Lock, Thread
from types import TracebackType
from typing import Any

Job = tuple["Future[Any]", Callable[..., Any], tuple[Any, ...]]


class ThreadPool:
    """Runs jobs in a fixed number of threads; what is submitted while they work waits its turn."""

    def __init__(self, workers: int) -> None:
        if workers < 1:
            raise ValueError("a pool needs at least one worker")
        self._jobs: Queue[Job | None] = Queue()
        self._lock = Lock()
        self._closed = False
        self._workers = [Thread(target=self._work, name=f"worker {n}") for n in range(1, workers + 1)]
        for worker in self._workers:
            worker.start()

    def submit(self, fn: Callable[..., Any], *args: Any) -> Future[Any]:
        """Have `fn(*args)` called by a worker; return the future of its result at once."""
        future: Future[Any] = Future()
        with self._lock:
            if self._closed:
                raise RuntimeError("this pool takes no more jobs")
            self._jobs.put((future, fn, args))
        return future

    def map(self, fn: Callable[[Any], Any], items: Iterable[Any]) -> Iterator[Any]:
        """Have `fn(item)` called for each item, as many at once as there are workers."""
        futures = [self.submit(fn, item) for item in items]
        return (future.result() for future in futures)

    def shutdown(self, wait: bool = True) -> None:
        """Take no more jobs. What was submitted is still done, then the workers end."""
        with self._lock:
            if not self._closed:
                self._closed = True
                for _ in self._workers:
                    self._jobs.put(None)
        if wait:
            self._jobs.join()

    def _work(self) -> None:
        while True:
            job = self._jobs.get()
            if job is None:
                self._jobs.task_done()
                return
            future, fn, args = job
            try:
                result = fn(*args)
            except BaseException as error:
                future.set_exception(error)
            else:
                future.set_result(result)
            self._jobs.task_done()

    def __enter__(self) -> ThreadPool:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        self.shutdown()
