"""Who started whom, and what a process died of: files in the family's directory that outlive their writers."""

from __future__ import annotations

import contextlib
import os
import pickle
from typing import TYPE_CHECKING, NamedTuple

from pytest_sensei.watch import procfs
from pytest_sensei.watch.places import first_user_site, line_of
from pytest_sensei.watch.record import Site

if TYPE_CHECKING:
    from pathlib import Path
    from types import CodeType

    from pytest_sensei.primitives.births import Birth, Way


class Descent(NamedTuple):
    """How a process came to be."""

    pid: int
    start: int
    parent: tuple[int, int]  # identifier and start of the process that started it
    way: Way
    name: str
    site: Site | None  # the user's line that did it
    serial: int = 0  # as the watching process counted it; 0: another process has started it
    is_server: bool = False  # of a manager


def of_birth(birth: Birth, parent: tuple[int, int], serial: int = 0) -> Descent:
    """Turn what a process knows of its child into what others understand."""
    return Descent(
        birth.pid,
        procfs.start(birth.pid),
        parent,
        birth.way,
        birth.name,
        site_of(birth.frames),
        serial,
        is_managers(birth.frames),
    )


def site_of(frames: tuple[tuple[CodeType, int], ...]) -> Site | None:
    """Return the innermost of some call sites that is the user's own, told without the code."""
    found = first_user_site(frames)
    if found is None:
        return None
    code, lasti = found
    return Site(code.co_filename, code.co_name, code.co_firstlineno, line_of(code, lasti))


def is_managers(frames: tuple[tuple[CodeType, int], ...]) -> bool:
    """Tell whether it is a manager that started a process: its server."""
    code = frames[0][0] if frames else None
    return (
        code is not None
        and code.co_name == "start"
        and code.co_filename.replace(os.sep, "/").endswith("multiprocessing/managers.py")
    )


def write(folder: Path, descent: Descent) -> None:
    """Leave word of a process. When the run is over, nobody wants to know."""
    with contextlib.suppress(FileNotFoundError):
        _write(folder / f"born.{descent.pid}.{descent.start}", pickle.dumps(descent))


def _write(path: Path, text: bytes) -> None:
    draft = path.with_name(f"draft.{path.name}")
    draft.write_bytes(text)
    draft.replace(path)


def read_all(folder: Path) -> list[Descent]:
    """Return what was written of all processes that were not seen to have ended."""
    found = []
    for name in os.listdir(folder):  # noqa: PTH208
        if name.startswith("born."):
            with contextlib.suppress(FileNotFoundError):
                descent = pickle.loads((folder / name).read_bytes())  # noqa: S301 - written by our own code
                found.append(descent)
    return found


def forget(folder: Path, pid: int, start: int) -> None:
    """Remove the word of a process that has ended."""
    with contextlib.suppress(FileNotFoundError):
        (folder / f"born.{pid}.{start}").unlink()
