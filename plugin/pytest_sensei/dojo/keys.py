"""Single keys from the terminal, which is left as it was whatever happens; lines from anything else."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import sys
import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

ENDED = ""  # what `Keys.wait` gives at the end of input


class Keys:
    """Where keys come from: a terminal, or lines of a pipe."""

    def __init__(self, descriptor: int, wake: int) -> None:
        self._sources = [descriptor, wake]
        self._descriptor = descriptor
        self._wake = wake

    def wait(self, seconds: float) -> str | None:
        """Give the next key; None when time is up or the wake pipe has something."""
        ready = select.select(self._sources, [], [], seconds)[0]
        if self._wake in ready:
            os.read(self._wake, 4096)
        if self._descriptor not in ready:
            return None
        data = os.read(self._descriptor, 1)
        if not data:
            self._sources.remove(self._descriptor)
            return ENDED
        return data.decode("ascii", "ignore").lower().strip() or None


class ConsoleKeys:
    """Keys from the console of Windows, where one can only look again and again."""

    def wait(self, seconds: float) -> str | None:
        """Give the next key, or None when time is up."""
        import msvcrt

        windows: Any = msvcrt
        deadline = time.monotonic() + seconds
        while not windows.kbhit():
            if time.monotonic() >= deadline:
                return None
            time.sleep(0.02)
        return str(windows.getwch()).lower()


@contextlib.contextmanager
def keys(wake: int) -> Iterator[Keys | ConsoleKeys]:
    """Read keys without Enter while inside; the terminal's settings come back at the end, also of a crash."""
    if sys.platform == "win32":
        yield ConsoleKeys()
        return
    descriptor = sys.stdin.fileno()
    with _ending_by_signal(), _single_keys(descriptor):
        yield Keys(descriptor, wake)


if sys.platform != "win32":
    import termios
    import tty

    @contextlib.contextmanager
    def _single_keys(descriptor: int) -> Iterator[None]:
        if not os.isatty(descriptor):
            yield
            return
        before = termios.tcgetattr(descriptor)
        continued = signal.signal(signal.SIGCONT, lambda *_: tty.setcbreak(descriptor))
        try:
            tty.setcbreak(descriptor)
            yield
        finally:
            signal.signal(signal.SIGCONT, continued)
            termios.tcsetattr(descriptor, termios.TCSAFLUSH, before)

    @contextlib.contextmanager
    def _ending_by_signal() -> Iterator[None]:
        """Make a closed window and a polite kill leave by the same door as `q`."""
        numbers = (signal.SIGTERM, signal.SIGHUP)
        before = {number: signal.signal(number, _leave) for number in numbers}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _leave(number: int, _frame: object) -> None:
        sys.exit(128 + number)
