"""A run of a kata behind the scenes, for `kata watch`: started, looked after, stopped with its children."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_sensei.dojo.running import environment, pytest_command, read_outcomes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_sensei.dojo.katas import Kata
    from pytest_sensei.dojo.outcome import Outcome

_PATIENCE = 2.0  # seconds to end politely, before it is ended


class Background:
    """One run of one kata's tests; its output goes to a file."""

    def __init__(self, kata: Kata, options: Sequence[str], width: int) -> None:
        self.kata = kata
        self._folder = tempfile.TemporaryDirectory(prefix="kata-watch-")
        self._outcome_file = Path(self._folder.name, "outcome.json")
        self._output_file = Path(self._folder.name, "output.txt")
        with self._output_file.open("wb") as output:
            self._process = subprocess.Popen(  # noqa: S603 - our own command
                pytest_command([kata], options),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env={**environment(self._outcome_file), "COLUMNS": str(width)},
                start_new_session=True,
            )

    @property
    def ended(self) -> bool:
        """Whether the run is over."""
        return self._process.poll() is not None

    @property
    def outcome(self) -> Outcome | None:
        """How it ended; None when it could not say."""
        found = read_outcomes(self._outcome_file)
        return next((each for each in found if each.kata == self.kata.name), None)

    @property
    def output(self) -> str:
        """All that it printed."""
        return self._output_file.read_text(encoding="utf-8", errors="replace")

    def close(self) -> None:
        """End the run if it is still at work, and everything that it started."""
        if not self.ended:
            self._signal(signal.SIGINT)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(_PATIENCE)
        if sys.platform != "win32":
            self._signal(signal.SIGKILL)
        self._process.kill()
        self._process.wait()
        self._folder.cleanup()

    def _signal(self, number: int) -> None:
        """Signal the whole session: pytest, its workers and the processes of the tests."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            if sys.platform == "win32":
                self._process.terminate()
            else:
                os.killpg(self._process.pid, number)
