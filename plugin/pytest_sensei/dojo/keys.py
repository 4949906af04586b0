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

    def __init__(self, descriptor: int) -> None:
        self._sources = [descriptor]

    def wait(self, seconds: float, wake: int) -> str | None:
        """Give the next key; None when time is up or the wake pipe has something."""
        ready = select.select([*self._sources, wake], [], [], seconds)[0]
        if wake in ready:
            os.read(wake, 4096)
        if not set(self._sources).intersection(ready):
            return None
        data = os.read(self._sources[0], 1)
        if not data:
            self._sources.clear()
            return ENDED
        return data.decode("ascii", "ignore").lower().strip() or None


class ConsoleKeys:
    """Keys from the console of Windows, where one can only look again and again."""

    def wait(self, seconds: float, wake: int) -> str | None:  # noqa: ARG002 - no select on pipes there
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
def keys() -> Iterator[Keys | ConsoleKeys]:
    """Read keys without Enter while inside; the terminal's settings come back at the end, also of a crash."""
    if sys.platform == "win32":
        yield ConsoleKeys()
        return
    descriptor = sys.stdin.fileno()
    with _ending_by_signal(), _single_keys(descriptor):
        yield Keys(descriptor)


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
