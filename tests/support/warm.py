"""Runs of pytest that start warm: each is a fork of a Python that has imported everything already.

A run through the command line spends half a second on imports before it does anything. Here a helper process pays
that once; what a fork of it does from there on is what `pytest` on the command line does: a session, a process
group and a main thread of its own, its arguments in `sys.argv`, exit through the interpreter's end.
"""

from __future__ import annotations

import atexit
import contextlib
import gc
import importlib
import inspect
import io
import json
import os
import pkgutil
import signal
import subprocess
import sys
import tempfile
import threading
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from collections.abc import Iterator

PLUGINS = ("-p", "no:anyio")
"""Not for runs that tests start: it comes with what we need, and imports trio, for a third of a run's start."""

COMMAND = "pytest_sensei.dojo."  # a run of pytest imports little of it


@dataclass(frozen=True)
class Request:
    """A run that is wanted."""

    args: tuple[str, ...]
    cwd: str
    env: dict[str, str]
    output: str
    errors: str  # may be the same file
    frees: bool = True  # what it holds when it ends; a fifth of a short run


class Kitchen:
    """The helper process, and what one asks of it."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-c", "import warm; warm.serve()"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=os.environ | {"PYTHONPATH": str(Path(__file__).parent)},
            encoding="utf-8",
        )

    def run(self, request: Request, limit: float) -> int | None:
        """Run pytest; return its exit code, or None where it had to be killed after `limit` seconds.

        Ends whatever the run left behind in its session.
        """
        assert self._process.stdin is not None
        print(json.dumps(asdict(request)), file=self._process.stdin, flush=True)
        pid = int(self._answer())
        killed = threading.Event()

        def kill() -> None:
            killed.set()
            end_session(pid)

        timer = threading.Timer(limit, kill)
        timer.start()
        try:
            code = int(self._answer())
        finally:
            timer.cancel()
            timer.join()
            end_session(pid)
        return None if killed.is_set() else code

    def _answer(self) -> str:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line, "the helper that starts runs has ended"
        return line

    def close(self) -> None:
        self._process.communicate()


def end_session(pid: int) -> None:
    """Kill what is left of a run."""
    with contextlib.suppress(ProcessLookupError):  # the usual case: everything has ended
        os.killpg(pid, signal.SIGKILL)


def serve() -> None:
    """Fork a run for each line of standard input. Returns in each run, and at the end of the input."""
    sys.path.remove(str(Path(__file__).parent))
    os.environ.pop("PYTHONPATH")
    _import_everything()
    gc.freeze()  # what is imported is no garbage, and need not be looked at again and again
    for line in sys.stdin:
        request = Request(**json.loads(line))
        pid = os.fork()
        if pid == 0:
            code = _run(request)
            if not request.frees:
                _end_now(code)
            sys.exit(code)
        _say(pid)
        _, status = os.waitpid(pid, 0)
        _say(os.waitstatus_to_exitcode(status))


def _say(number: int) -> None:
    sys.stdout.write(f"{number}\n")
    sys.stdout.flush()


def _import_everything() -> None:
    import pytest

    with tempfile.TemporaryDirectory() as empty, _quiet():
        # By a run, since pytest wants to import plugins itself.
        pytest.main(
            [
                "--collect-only",
                *PLUGINS,
                "-p",
                "no:cacheprovider",
                f"--rootdir={empty}",
                "-c",
                os.devnull,
                empty,
            ]
        )
        import pytest_sensei

        for module in pkgutil.walk_packages(pytest_sensei.__path__, "pytest_sensei."):
            if not module.name.startswith(COMMAND):
                importlib.import_module(module.name)
    inspect.getmodule(_run.__code__)  # looks at the files of all modules, and remembers them


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        yield


def _run(request: Request) -> int:
    import pytest

    os.setsid()
    os.chdir(request.cwd)
    os.environ.clear()
    os.environ.update(request.env)
    sys.dont_write_bytecode = "PYTHONDONTWRITEBYTECODE" in os.environ
    _redirect(os.devnull, os.O_RDONLY, 0)
    _redirect(request.output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 1)
    if request.errors == request.output:
        os.dup2(1, 2)
    else:
        _redirect(request.errors, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 2)
    sys.path[:0] = [each for each in os.environ.get("PYTHONPATH", "").split(os.pathsep) if each]
    sys.argv = ["pytest", *PLUGINS, *request.args]
    return pytest.console_main()


def _end_now(code: int) -> NoReturn:
    """End as the interpreter does (`Py_FinalizeEx` in Python/pylifecycle.c), up to where it frees everything."""
    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def _redirect(path: str, flags: int, descriptor: int) -> None:
    opened = os.open(path, flags, 0o644)
    os.dup2(opened, descriptor)
    os.close(opened)
