"""Runs a server for one owner, and ends it, with all that it started, when the owner ends or says so.

A process of its own (`python -m pytest_sensei.dojo.broker_keeper JOB`): however the test run dies, this
process sees that its owner is gone, and leaves nothing behind.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil

from pytest_sensei.dojo.brokers import STOP

if TYPE_CHECKING:
    from collections.abc import Sequence

_LOOK = 0.1  # seconds between looks at the owner
_SET_CHILD_SUBREAPER = 36  # prctl
_SET_PDEATHSIG = 1  # prctl
_POLITE = 0.5  # seconds that a server gets to end by itself


class Stop(BaseException):
    """Somebody has asked for the end; raised by the signal's handler, so that no sleep delays it."""


def keep(folder: Path, commands: Sequence[Sequence[str]], owner: int, born: float) -> None:
    """Run the commands until one of them ends, the owner is gone, or a signal says stop."""
    _become_reaper()
    try:
        with (folder / "output.txt").open("ab") as output:
            servers = [_start(command, folder, output) for command in commands]
        while (
            _is_alive(owner, born)
            and not (folder / STOP).exists()
            and all(server.poll() is None for server in servers)
        ):
            time.sleep(_LOOK)
    except Stop:
        pass  # the same end as the owner's
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)  # once is enough
        end_children()


def _start(command: Sequence[str], folder: Path, output: Any) -> subprocess.Popen[bytes]:
    return subprocess.Popen(  # noqa: S603 - a server found on this machine
        command,
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
        preexec_fn=_die_with_parent if sys.platform == "linux" else None,  # noqa: PLW1509 - no threads here
    )


def _is_alive(pid: int, born: float) -> bool:
    with contextlib.suppress(psutil.Error):
        process = psutil.Process(pid)
        return bool(process.create_time() == born and process.status() != psutil.STATUS_ZOMBIE)
    return False


def end_children() -> None:
    """End whatever was started here, and what that has started: politely, then surely."""
    me = psutil.Process()
    for process in _children(me):
        with contextlib.suppress(psutil.Error):
            process.terminate()
    psutil.wait_procs(_children(me), timeout=_POLITE)
    while family := _children(me):
        for process in family:
            with contextlib.suppress(psutil.Error):
                process.kill()
        psutil.wait_procs(family, timeout=1)


def _children(process: psutil.Process) -> list[psutil.Process]:
    found = []
    with contextlib.suppress(psutil.Error):
        for child in process.children(recursive=True):
            with contextlib.suppress(psutil.Error):
                if child.status() == psutil.STATUS_ZOMBIE and child.ppid() == process.pid:
                    child.wait(0)
                else:
                    found.append(child)
    return found


def _become_reaper() -> None:
    """Have processes that detach themselves come to us when their parents end."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def _die_with_parent() -> None:
    ctypes.CDLL(None).prctl(_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def _stop(_number: int, _frame: object) -> None:
    raise Stop


def main(job_file: str) -> None:
    """Keep the server of a job; its folder goes with it."""
    if hasattr(os, "setpgid"):
        os.setpgid(0, 0)  # Ctrl-C and the killing of the run's group are for the run; we follow by ourselves
    signal.signal(signal.SIGTERM, _stop)
    folder = Path(job_file).parent
    try:
        job = json.loads(Path(job_file).read_text(encoding="utf-8"))
        keep(folder, job["commands"], job["owner"], job["born"])
    except Stop:
        pass  # before anything was started
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main(sys.argv[1])
