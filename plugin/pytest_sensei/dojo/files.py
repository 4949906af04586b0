"""Writing files so that a kill at any moment leaves the old content or the new, never half of one."""

from __future__ import annotations

import contextlib
import errno
import os
import stat
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


def write_atomically(path: Path, content: bytes) -> None:
    """Replace the file's content at once. A link is followed; the file's rights are kept.

    Raises OSError that names the file, also where a disk is full.
    """
    target = path.resolve()
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        _write(target, content)
    except OSError as error:
        if error.filename is not None and error.errno != errno.ENOSPC:
            raise
        raise OSError(error.errno, error.strerror, str(path)) from error


def _write(target: Path, content: bytes) -> None:
    handle, name = tempfile.mkstemp(prefix=f".{target.name}.", suffix=".tmp", dir=target.parent)
    draft = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        draft.chmod(_mode(target))
        draft.replace(target)
    except BaseException:
        with contextlib.suppress(OSError):
            draft.unlink()
        raise


def read_bytes(path: Path) -> bytes | None:
    """Give a file's content, or None when there is no such file."""
    try:
        return path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return None


def _mode(target: Path) -> int:
    """A new file gets the rights that `open` would give it."""
    try:
        return stat.S_IMODE(target.stat().st_mode)
    except FileNotFoundError:
        mask = os.umask(0)
        os.umask(mask)
        return 0o666 & ~mask


if sys.platform == "win32":
    import msvcrt

    def _lock(descriptor: int) -> None:
        msvcrt.locking(descriptor, msvcrt.LK_LOCK, 1)

else:
    import fcntl

    def _lock(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_EX)


@contextlib.contextmanager
def locked(path: Path) -> Iterator[None]:
    """Keep other processes out; closing the file, also by dying, lets them in."""
    with path.open("ab") as file:
        _lock(file.fileno())
        yield
