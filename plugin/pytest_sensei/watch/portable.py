"""What psutil tells about processes where there is no /proc as on Linux: enough to find and to end them."""

from __future__ import annotations


def parent_state_start_name(pid: int) -> tuple[int, str, int, str] | None:
    """Return a process's parent, its state as a letter, when it was started, in hundredths of a second, and its name.

    None when there is no such process, or it cannot be seen.
    """
    import psutil  # slow to import, and not needed on Linux

    try:
        process = psutil.Process(pid)
        with process.oneshot():
            state = "Z" if process.status() == psutil.STATUS_ZOMBIE else "R"
            return process.ppid(), state, round(process.create_time() * 100), process.name()
    except psutil.ZombieProcess as gone:
        return gone.ppid or 0, "Z", 0, gone.name or ""
    except psutil.Error:
        return None


def children(pid: int) -> list[int]:
    """Return the children of a process."""
    import psutil  # see above

    try:
        return [child.pid for child in psutil.Process(pid).children()]
    except psutil.Error:
        return []


def command(pid: int) -> list[str]:
    """Return the command line of a process, as its words; empty when it cannot be seen."""
    import psutil  # see above

    try:
        return list(psutil.Process(pid).cmdline())
    except psutil.Error:
        return []
