"""`kata doctor`: what this machine has and lacks for the katas, one line each."""

from __future__ import annotations

import importlib.util
import multiprocessing
import os
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_sensei.dojo.brokers import BROKERS

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_sensei.dojo.brokers import Broker

_TESTED = ((3, 10), (3, 14))


@dataclass(frozen=True, slots=True)
class Check:
    """One thing looked at. `fix` is the command, or the advice, that mends it."""

    name: str
    fine: bool
    says: str
    fix: str = ""


def examine() -> list[Check]:
    """Look at everything that matters to the katas."""
    checks: list[Callable[[], Check]] = [_python, _gil, _start_methods, _proc, _cores, _terminal, _watching]
    return [*(check() for check in checks), *map(_server, BROKERS)]


def _python() -> Check:
    version = ".".join(map(str, sys.version_info[:3]))
    fine = _TESTED[0] <= sys.version_info[:2] <= _TESTED[1]
    return Check("python", fine, f"{version} at {sys.executable}", "" if fine else "use Python 3.10 to 3.14")


def _gil() -> Check:
    enabled: Callable[[], bool] = getattr(sys, "_is_gil_enabled", lambda: True)
    return Check("interpreter lock", fine=True, says="on, as usual" if enabled() else "off: free threads")


def _start_methods() -> Check:
    methods = multiprocessing.get_all_start_methods()
    missing = {"fork", "spawn", "forkserver"} - set(methods)
    says = ", ".join(methods)
    return Check(
        "start methods",
        fine=True,
        says=says + (f" (this system has no {' or '.join(sorted(missing))})" * bool(missing)),
    )


def _proc() -> Check:
    fine = Path("/proc/self/fd").is_dir()
    says = (
        "there: pipes are followed across processes"
        if fine
        else "not there: no-eof, full-pipe are not proved"
    )
    return Check(
        "/proc", fine, says, "" if fine else "process katas work; use Linux (or WSL) to have these proofs"
    )


def _cores() -> Check:
    count = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    note = " (kata 10 shows no speed-up)" if count == 1 else ""
    return Check("cores", fine=True, says=f"{count} usable{note}")


def _terminal() -> Check:
    encoding = (sys.stdout.encoding or "unknown").lower()
    size = shutil.get_terminal_size()
    says = f"{size.columns}x{size.lines}, {encoding}, TERM={os.environ.get('TERM', 'not set')}"
    if not sys.stdout.isatty():
        return Check("terminal", fine=True, says="not a terminal: plain lines")
    fine = encoding.startswith("utf") and size.columns >= 80
    fix = "" if fine else "export PYTHONIOENCODING=utf-8, and make the window at least 80 columns wide"
    return Check("terminal", fine, says, fix)


def _watching() -> Check:
    fine = importlib.util.find_spec("watchfiles") is not None
    says = "watchfiles: `kata watch` hears of saved files at once" if fine else "by looking every half second"
    fix = "" if fine else f"{_pip()} 'pytest-sensei[watch]'"
    return Check("kata watch", fine, says, fix)


def _server(broker: Broker) -> Check:
    """A server for part 4: a client library, and a server that is named, on the path, or in a package."""
    label = f"{broker.name} (kata {broker.kata})"
    named, lacks = broker.named(), broker.lacks()
    if named is not None and not broker.answers(named):
        return Check(label, fine=False, says=f"nobody answers at {named}", fix=f"unset {broker.variable}")
    if lacks:
        missing = [] if broker.has_client() else [f"Python package {broker.client}"]
        missing += [f"{broker.name} server"] if len(lacks) > len(missing) else []
        return Check(label, fine=False, says=f"no {', no '.join(missing)}", fix=" && ".join(lacks))
    return Check(label, fine=True, says=f"{named or broker.find()}")


def _pip() -> str:
    return f"{sys.executable} -m pip install"
