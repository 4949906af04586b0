"""Keeps a graded answer from harming others: no signals to strangers, no writing outside, no other programs.

Installed in every Python process of a graded run by a `sitecustomize.py`. It stops mistakes and pranks;
whoever must run hostile code puts the whole of `kata grade` into a container.
"""

from __future__ import annotations

import os
import shutil
import sys
from typing import Any

FOLDER = "KATA_GUARDED_FOLDER"
_DEVICES = ("/dev/", "/proc/self/")
_CHANGES = {  # audit event -> which of its arguments are paths
    "os.remove": (0,),
    "os.rename": (0, 1),
    "os.rmdir": (0,),
    "os.mkdir": (0,),
    "os.link": (1,),
    "os.symlink": (1,),
    "os.truncate": (0,),
    "os.chmod": (0,),
    "os.chown": (0,),
    "os.utime": (0,),
    "shutil.rmtree": (0,),
}
_STARTS = {  # audit event -> which of its arguments is the program
    "os.exec": 0,
    "os.posix_spawn": 0,
    "os.spawn": 1,
    "subprocess.Popen": 0,
}
_KEEPER = ["-m", "pytest_sensei.dojo.broker_keeper"]  # starts the server of a kata
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND


def install() -> None:
    """Guard this process, where the environment names the folder that it may write to."""
    folder = os.environ.get(FOLDER)
    if folder:
        sys.addaudithook(Guard(os.path.realpath(folder), may_start=sys.orig_argv[1:3] == _KEEPER))


class Guard:
    """An audit hook that refuses what would reach outside the run."""

    def __init__(self, folder: str, *, may_start: bool = False) -> None:
        self._folder = folder + os.sep
        self._may_start = may_start
        self._busy = False  # our own look at a path must not be looked at

    def __call__(self, event: str, arguments: tuple[Any, ...]) -> None:
        if event == "open":
            if self._writes(arguments[1], arguments[2]):
                self._check(arguments[0])
        elif event in _CHANGES:
            for index in _CHANGES[event]:
                self._check(arguments[index])
        elif event in {"os.kill", "os.killpg"}:
            _check_signal(arguments[0], to_group=event == "os.killpg")
        elif event == "os.system" or event in _STARTS:
            self._check_start(None if event == "os.system" else arguments[_STARTS[event]])

    @staticmethod
    def _writes(mode: object, flags: object) -> bool:
        if isinstance(mode, str):
            return bool(set(mode) & set("wax+"))
        return isinstance(flags, int) and bool(flags & _WRITING)

    def _check(self, path: object) -> None:
        if self._busy or not isinstance(path, (str, bytes)):  # a descriptor was opened, and checked, before
            return
        self._busy = True
        try:
            real = os.path.realpath(os.fsdecode(path))
        finally:
            self._busy = False
        if not f"{real}{os.sep}".startswith(self._folder) and not real.startswith(_DEVICES):
            raise PermissionError(f"a graded answer may write below its own folder only, not {path!r}")

    def _check_start(self, program: object) -> None:
        """Another Python is guarded as this one is; a shell or any other program would not be."""
        if self._may_start or (isinstance(program, (str, bytes, os.PathLike)) and _is_python(program)):
            return
        raise PermissionError("a graded answer may start no program but Python")


def _is_python(program: str | bytes | os.PathLike[Any]) -> bool:
    path = shutil.which(os.fsdecode(program)) or ""
    return os.path.realpath(path) == os.path.realpath(sys.executable)


def _check_signal(target: int, *, to_group: bool) -> None:
    """Own processes are in the session of the run, which began with the run's own process, or come from there."""
    if target == 0 or (target == os.getpid() and not to_group):
        return
    try:
        fine = abs(target) != 1 and (_is_in_our_session(abs(target)) or _comes_from_our_session(abs(target)))
    except ProcessLookupError:
        return  # nobody is there to be harmed
    if not fine:
        raise PermissionError("a graded answer may signal its own processes only")


def _is_in_our_session(pid: int) -> bool:
    return os.getsid(pid) == os.getsid(0)


def _comes_from_our_session(pid: int) -> bool:
    """A child may have begun a session of its own."""
    import psutil  # only where it matters: the guard is in every process of the run

    try:
        return any(_is_in_our_session(parent.pid) for parent in psutil.Process(pid).parents())
    except psutil.Error:
        return False
