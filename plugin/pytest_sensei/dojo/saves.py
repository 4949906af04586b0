"""Notices that a kata's files were saved: at once by file events, and by looking where none come."""

from __future__ import annotations

import contextlib
import hashlib
import os
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pytest_sensei.dojo.katas import Kata


def fingerprint(kata: Kata) -> str:
    """Name the content of a kata's Python files: an editor's touch or temporary file changes nothing."""
    digest = hashlib.sha256()
    for path in sorted({kata.stub, *kata.tests}):
        try:
            content = path.read_bytes()
        except OSError:  # an atomic save is between its two steps, or the file is gone for good
            content = b"\0"
        digest.update(path.name.encode() + b"\0" + content + b"\0")
    return digest.hexdigest()


class Saves:
    """Tells of changes of content that have settled: the same twice in a row."""

    def __init__(self, kata: Kata) -> None:
        self._kata = kata
        self._told = fingerprint(kata)
        self._last = self._told

    @property
    def settling(self) -> bool:
        """Whether a change was seen that is not told yet."""
        return self._last != self._told

    def changed(self) -> bool:
        """Tell once of each change, when two looks in a row saw the same."""
        now = fingerprint(self._kata)
        settled = now == self._last
        self._last = now
        if now == self._told or not settled:
            return False
        self._told = now
        return True


@contextlib.contextmanager
def file_events(folder: Path) -> Iterator[int]:
    """Give a descriptor that becomes readable when something in the folder was saved, if the system tells.

    Where it does not (network drives, some containers, no watchfiles), the caller's own looking is enough.
    """
    reading, writing = os.pipe()
    stop = threading.Event()
    thread = threading.Thread(target=_tell, args=(folder, writing, stop), daemon=True, name="kata-watch")
    thread.start()
    try:
        yield reading
    finally:
        stop.set()
        thread.join(2)
        if not thread.is_alive():  # else it may still write: the descriptors end with the process
            os.close(reading)
            os.close(writing)


def _tell(folder: Path, writing: int, stop: threading.Event) -> None:
    try:
        from watchfiles import watch
    except ImportError:
        return
    with contextlib.suppress(OSError, RuntimeError):  # no events here (limits of the system): looking goes on
        for _ in watch(
            folder,
            stop_event=stop,
            debounce=50,
            step=20,
            recursive=False,
            rust_timeout=500,
            raise_interrupt=False,
        ):
            os.write(writing, b".")
