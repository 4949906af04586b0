"""Runs one command with limits on time, memory and processes, and ends everything that it started.

A process of its own for each run (`python -m pytest_sensei.dojo.warden JOB`): whatever happens inside
stays there. Processes that detach themselves come back to the warden, which is their reaper on Linux.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import psutil

if TYPE_CHECKING:
    from collections.abc import Callable

_LOOK = 0.05  # seconds between looks
_SET_CHILD_SUBREAPER = 36  # prctl
_LARGEST_FILE = 256 * 1024 * 1024  # bytes


@dataclass(frozen=True, slots=True)
class Limits:
    """What a run may use, with all its processes."""

    seconds: float = 60.0
    megabytes: int = 1024
    processes: int = 64


@dataclass(frozen=True, slots=True)
class Verdict:
    """How a run ended: by itself with an exit code, or stopped for a reason."""

    exit_code: int | None
    stopped: str | None = None


def guarded(command: list[str], cwd: str, env: dict[str, str], output: str, limits: Limits) -> Verdict:
    """Run a command within limits; when this returns, nothing of it is left."""
    _become_reaper()
    with open(output, "wb") as stream:  # noqa: PTH123 - a plain path from the job's file
        process = subprocess.Popen(  # noqa: S603 - the caller's own command
            command,
            cwd=cwd,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=stream,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=_limit_files if sys.platform != "win32" else None,  # noqa: PLW1509 - no threads here
        )
    try:
        return _watch(process, limits)
    finally:
        _end_all()
        process.wait()


def _watch(process: subprocess.Popen[bytes], limits: Limits) -> Verdict:
    deadline, runner = time.monotonic() + limits.seconds, os.getppid()
    while True:
        with contextlib.suppress(subprocess.TimeoutExpired):
            return Verdict(process.wait(_LOOK))
        family = _family()
        if os.getppid() != runner:
            return Verdict(None, "stopped: nobody waits for it any more")
        if time.monotonic() > deadline:
            return Verdict(None, f"stopped after {limits.seconds:g} s")
        if len(family) > limits.processes:
            return Verdict(None, f"stopped: more than {limits.processes} processes")
        if _is_too_large(family, limits.megabytes):
            return Verdict(None, f"stopped: more than {limits.megabytes} MB of memory")


def _family() -> list[psutil.Process]:
    with contextlib.suppress(psutil.Error):
        return list(psutil.Process().children(recursive=True))
    return []


def _is_too_large(family: list[psutil.Process], megabytes: int) -> bool:
    """Add up the memory; only when that is too much, count what processes share once (which takes longer)."""
    if _megabytes(family, lambda process: process.memory_info().rss) <= megabytes:
        return False
    return _megabytes(family, _proportional) > megabytes


def _proportional(process: psutil.Process) -> int:
    info = process.memory_full_info()
    return int(getattr(info, "pss", info.rss))


def _megabytes(family: list[psutil.Process], size: Callable[[psutil.Process], int]) -> float:
    total = 0
    for process in family:
        with contextlib.suppress(psutil.Error):
            total += size(process)
    return total / 2**20


def _end_all() -> None:
    """Stop everybody first, so that nobody can fork while others die; again until nobody is left."""
    while family := _family():
        for number in (signal.SIGSTOP, signal.SIGKILL) if sys.platform != "win32" else (signal.SIGTERM,):
            for process in family:
                with contextlib.suppress(psutil.Error):
                    process.send_signal(number)
        psutil.wait_procs(family, timeout=1)
        _reap()


def _reap() -> None:
    """Collect the children that came to us when their parents died."""
    if sys.platform != "win32":
        with contextlib.suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG)[0]:
                continue


def _become_reaper() -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def _limit_files() -> None:
    import resource

    resource.setrlimit(resource.RLIMIT_FSIZE, (_LARGEST_FILE, _LARGEST_FILE))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def main(job_file: str) -> None:
    """Read a job, run it, and write the verdict beside it."""
    job = json.loads(Path(job_file).read_text(encoding="utf-8"))
    limits = Limits(**job.pop("limits"))
    verdict = guarded(**job, limits=limits)
    Path(job_file).with_suffix(".verdict").write_text(json.dumps(asdict(verdict)), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1])
