"""What Linux tells about processes in /proc: read-only, and None where it is not visible.

Who the processes are, whose children and how called is known elsewhere, too.
"""

from __future__ import annotations

import functools
import os
import platform
import re
from dataclasses import dataclass
from typing import NamedTuple

from pytest_sensei.primitives.pipes import real_read
from pytest_sensei.watch import portable

_ROOT = "/proc"


@functools.lru_cache(maxsize=1)
def visible() -> bool:
    """Tell whether there is a /proc as on Linux, and it shows our own descriptors."""
    return _stat(os.getpid(), f"{_ROOT}/{os.getpid()}/stat") is not None and ends(os.getpid()) is not None


class Stat(NamedTuple):
    """A process, or a thread, at a moment. Its identifier and its start together are used only once."""

    pid: int
    parent: int
    state: str  # R, S, D, T, Z ...
    start: int  # clock ticks since boot; elsewhere hundredths of a second
    name: str

    @property
    def ended(self) -> bool:
        """Tell whether it is dead, reaped or not."""
        return self.state in "ZXx"


def stat(pid: int) -> Stat | None:
    """Return the state of a process, or None when there is none or it cannot be seen."""
    found = _stat(pid, f"{_ROOT}/{pid}/stat")
    return found if found is not None or visible() else _portable_stat(pid)


def _portable_stat(pid: int) -> Stat | None:
    told = portable.parent_state_start_name(pid)
    return Stat(pid, *told) if told is not None else None


def task(pid: int, tid: int) -> Stat | None:
    """Return the state of a thread of a process, or None when there is none or it cannot be seen."""
    return _stat(tid, f"{_ROOT}/{pid}/task/{tid}/stat")


def _stat(identifier: int, path: str) -> Stat | None:
    text = _read(path)
    if text is None:
        return None
    name, _, rest = text.partition("(")[2].rpartition(")")  # the name may be anything
    fields = rest.split()
    return Stat(identifier, int(fields[1]), fields[0], int(fields[19]), name)


def start(pid: int) -> int:
    """Return when a process was started, in clock ticks since boot; 0 where that cannot be seen."""
    found = stat(pid)
    return found.start if found is not None else 0


def children(pid: int) -> list[int]:
    """Return the children of a process, of all its threads."""
    if not visible():
        return portable.children(pid)
    return [child for tid in tasks(pid) for child in _children(pid, tid)]


def adopted(pid: int) -> list[int]:
    """Return the children of a process's main thread: whom it adopts is among them (Linux, kernel/exit.c)."""
    return _children(pid, pid)


def _children(pid: int, tid: int) -> list[int]:
    return [int(child) for child in (_read(f"{_ROOT}/{pid}/task/{tid}/children") or "").split()]


def descendants(pid: int) -> list[int]:
    """Return the children of a process, their children and so on; not who lost a parent."""
    found: set[int] = set()
    pending = children(pid)
    while pending:
        child = pending.pop()
        if child not in found:
            found.add(child)
            pending.extend(children(child))
    return sorted(found)


def tasks(pid: int) -> list[int]:
    """Return the system's identifiers of a process's threads."""
    try:
        return [int(name) for name in os.listdir(f"{_ROOT}/{pid}/task")]  # noqa: PTH208 - a third of the time
    except OSError:
        return []


class End(NamedTuple):
    """An open descriptor of a pipe or a socket."""

    fd: int
    kind: str  # pipe or socket
    inode: int
    readable: bool
    writable: bool


_ENDS = re.compile(r"(pipe|socket):\[(\d+)\]")


def ends(pid: int) -> list[End] | None:
    """Return the open ends of pipes and sockets in a process, or None when they cannot be seen."""
    folder = f"{_ROOT}/{pid}/fd"
    try:
        names = os.listdir(folder)  # noqa: PTH208
    except OSError:
        return None
    return [end for name in names if (end := _end(folder, name)) is not None]


def _end(folder: str, name: str) -> End | None:
    path = f"{folder}/{name}"
    try:
        match = _ENDS.fullmatch(os.readlink(path))  # noqa: PTH115
        if match is None:
            return None
        mode = os.lstat(path).st_mode  # the link's own permissions tell how the descriptor was opened
    except OSError:
        return None  # closed meanwhile
    return End(int(name), match[1], int(match[2]), bool(mode & 0o400), bool(mode & 0o200))


@dataclass(frozen=True, slots=True)
class Call:
    """The system call in which a thread sleeps."""

    name: str  # read, write, wait, futex, or "" for any other
    arguments: tuple[int, ...]
    text: str  # the whole line: equal to an earlier one when nothing moved


_NAMES = {
    "x86_64": {0: "read", 19: "read", 45: "read", 47: "read", 1: "write", 20: "write", 44: "write",
               46: "write", 61: "wait", 202: "futex"},
    "aarch64": {63: "read", 65: "read", 207: "read", 212: "read", 64: "write", 66: "write", 206: "write",
                211: "write", 260: "wait", 98: "futex"},
}  # fmt: skip
_CALLS = _NAMES.get(platform.machine(), {})


def call(pid: int, tid: int) -> Call | None:
    """Return the system call in which a thread sleeps; None when it runs, or that cannot be seen."""
    text = _read(f"{_ROOT}/{pid}/task/{tid}/syscall")
    if text is None or not text[:1].isdigit():
        return None
    fields = text.split()
    arguments = tuple(int(field, 16) for field in fields[1:7])
    return Call(_CALLS.get(int(fields[0]), ""), arguments, text)


def switches(pid: int, tid: int) -> int:
    """Return how many times a thread went to sleep; -1 where that cannot be seen."""
    text = _read(f"{_ROOT}/{pid}/task/{tid}/status") or ""
    match = re.search(r"^voluntary_ctxt_switches:\s+(\d+)", text, re.MULTILINE)
    return int(match[1]) if match else -1


def seconds_worked(pid: int, tid: int) -> float:
    """Return the processor time that a thread has used, in seconds; 0 where that cannot be seen."""
    text = (_read(f"{_ROOT}/{pid}/task/{tid}/stat") or "").rpartition(")")[2].split()
    return (int(text[11]) + int(text[12])) / os.sysconf("SC_CLK_TCK") if len(text) > 12 else 0.0


def catches(pid: int, signal: int) -> bool:
    """Tell whether a process has a handler for a signal, and does not hold it off."""
    status = _read(f"{_ROOT}/{pid}/status") or ""
    masks = dict(re.findall(r"^(Sig\w+):\s+([0-9a-f]+)", status, re.MULTILINE))
    bit = 1 << (signal - 1)
    return bool(int(masks.get("SigCgt", "0"), 16) & bit) and not int(masks.get("SigBlk", "0"), 16) & bit


def caught(pid: int) -> frozenset[int]:
    """Return the signals for which a process has a handler; none where that cannot be seen."""
    match = re.search(r"^SigCgt:\s+([0-9a-f]+)", _read(f"{_ROOT}/{pid}/status") or "", re.MULTILINE)
    mask = int(match[1], 16) if match else 0
    return frozenset(number for number in range(1, mask.bit_length() + 1) if mask >> (number - 1) & 1)


def has_open(pid: int, path: str) -> bool:
    """Tell whether a process has a file open."""
    folder = f"{_ROOT}/{pid}/fd"
    try:
        return any(_target(f"{folder}/{name}") == path for name in os.listdir(folder))  # noqa: PTH208
    except OSError:
        return False


def _target(link: str) -> str:
    try:
        return os.readlink(link)  # noqa: PTH115
    except OSError:
        return ""  # closed meanwhile


def sleeps(pid: int, tid: int) -> bool:
    """Tell whether a thread sleeps in the kernel."""
    found = task(pid, tid)
    return found is not None and found.state == "S"


_SEMAPHORE = re.compile(r"^(\S+) \S+ \S+ \S+ (\d+)\s+\S*/sem\.", re.MULTILINE)


def semaphores(pid: int) -> dict[int, int] | None:
    """Return the named semaphores that a process maps: inode by address, or None when not visible."""
    text = _read(f"{_ROOT}/{pid}/maps")
    if text is None:
        return None
    return {int(match[1].partition("-")[0], 16): int(match[2]) for match in _SEMAPHORE.finditer(text)}


def everybody() -> list[int]:
    """Return all processes that the system shows."""
    try:
        return [int(name) for name in os.listdir(_ROOT) if name.isdigit()]  # noqa: PTH208
    except OSError:
        return []


def in_flight(pid: int, fd: int) -> bool:
    """Tell whether descriptors were sent to a socket and have not been received yet."""
    match = re.search(r"^scm_fds:\s*(\d+)", _read(f"{_ROOT}/{pid}/fdinfo/{fd}") or "", re.MULTILINE)
    return match is not None and match[1] != "0"


def awaited_by(fd: int) -> int:
    """Return the process whose end a descriptor of this process tells (`pidfd_open`); 0 where it is no such one."""
    text = _read(f"{_ROOT}/{os.getpid()}/fdinfo/{fd}") or ""
    match = re.search(r"^Pid:\s+(\d+)", text, re.MULTILINE)
    return int(match[1]) if match else 0


def command(pid: int) -> list[str]:
    """Return the command line of a process; empty where it is not visible."""
    if not visible():
        return portable.command(pid)
    return (_read(f"{_ROOT}/{pid}/cmdline") or "").split("\0")[:-1]


def environment(pid: int) -> list[str]:
    """Return the environment that a process was started with; empty where it is not visible."""
    return (_read(f"{_ROOT}/{pid}/environ") or "").split("\0")[:-1]


def _read(path: str) -> str | None:
    try:
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except (OSError, AttributeError):
        return None
    try:
        return _all_of(fd)
    except OSError:
        return None
    finally:
        os.close(fd)


def _all_of(fd: int) -> str:
    parts = []
    while part := real_read(fd, 65536):
        parts.append(part)
    return b"".join(parts).decode("utf-8", "replace")
