"""A terminal driven by a script: tmux, with a shell of known size in it."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import time
import uuid
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

INSTALLED = shutil.which("tmux") is not None
_PATIENCE = 60.0  # seconds until something on the screen is called missing
_PROMPT = "ready>"


class Terminal:
    """A shell in tmux."""

    def __init__(self, folder: Path, *, width: int, height: int, env: dict[str, str]) -> None:
        self._server = f"kata-{uuid.uuid4().hex[:12]}"
        settings = [f"-e{name}={value}" for name, value in env.items()]
        shell = ["env", f"PS1={_PROMPT} ", "bash", "--noprofile", "--norc", "-i"]
        size = ["-x", str(width), "-y", str(height)]
        self._tmux("-f", os.devnull, "new-session", "-d", *size, "-c", str(folder), *settings, *shell)
        self.see(_PROMPT)

    def type(self, text: str) -> None:
        """Type a line and Enter."""
        self._tmux("send-keys", "-l", text)
        self._tmux("send-keys", "Enter")

    def press(self, key: str) -> None:
        """Press one key, by tmux's name for it."""
        self._tmux("send-keys", key)

    @property
    def screen(self) -> str:
        """What can be seen now."""
        return self._tmux("capture-pane", "-p")

    def see(self, *texts: str) -> str:
        """Wait until all the texts can be seen at once; return the screen."""
        deadline = time.monotonic() + _PATIENCE
        while True:
            screen = self.screen
            if all(text in screen for text in texts):
                return screen
            if time.monotonic() > deadline:
                missing = [text for text in texts if text not in screen]
                raise AssertionError(f"not on the screen: {missing}\n{screen}")
            time.sleep(0.05)  # a poll with a deadline

    def close(self) -> None:
        """End the shell and all that runs in it."""
        self._tmux("kill-server")

    def _tmux(self, *args: str) -> str:
        command = ["tmux", "-L", self._server, *args]
        done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=30)
        return done.stdout


@contextlib.contextmanager
def terminal(folder: Path, *, width: int = 80, height: int = 24, **env: str) -> Iterator[Terminal]:
    """Give a shell in a terminal of a size; it is gone afterwards."""
    opened = Terminal(folder, width=width, height=height, env={"LC_ALL": "C.UTF-8", **env})
    try:
        yield opened
    finally:
        opened.close()
