"""Run some jobs at the same time, each in a process of its own."""

from __future__ import annotations

from collections.abc import Callable
from multiprocessing import Process
from typing import Any


def run_all(jobs: list[Callable[[], Any]]) -> list[int]:
    """Run all jobs at once, and return the exit codes of their processes in the order of `jobs`."""
    processes = [Process(target=job) for job in jobs]
    for process in processes:
        process.start()
    for process in processes:  # a second loop: join waits, and all should be running by then
        process.join()
    codes = [process.exitcode for process in processes]  # None until a process has ended and was waited for
    for process in processes:
        process.close()  # gives back what the system keeps for it; its exit code goes with it
    return codes  # type: ignore[return-value] # all have ended
