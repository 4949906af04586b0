"""Frames and code objects as places in the user's source."""

from __future__ import annotations

import functools
import linecache
import os
import sysconfig
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_sensei.diagnosis import Place
from pytest_sensei.primitives import processes

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import CodeType, FrameType

    from pytest_sensei.watch.record import Site

_OURS = str(Path(__file__).resolve().parent.parent) + os.sep
_STDLIB = tuple({os.path.realpath(sysconfig.get_path(name)) + os.sep for name in ("stdlib", "platstdlib")})
_SCRIPTS = os.path.realpath(sysconfig.get_path("scripts")) + os.sep
_RUNNERS = ("_pytest", "pluggy", "pytest", "xdist", "execnet")
_PLUGIN = "pytest_"  # what plugins of pytest are called


@functools.lru_cache(maxsize=4096)
def is_our_file(filename: str) -> bool:
    """Tell whether a file is part of the plugin itself."""
    path = os.path.realpath(filename)
    return path.startswith(_OURS) and not is_user_file(filename)


@functools.lru_cache(maxsize=4096)
def is_user_file(filename: str) -> bool:
    """Tell whether a file is neither ours nor the standard library's nor the test runner's."""
    if filename.startswith("<"):
        return False
    path = os.path.realpath(filename)
    if path.startswith(_OURS):
        return os.sep + "_katas" + os.sep in path or os.sep + "_solutions" + os.sep in path
    parts = Path(path).parts
    if "site-packages" in parts:
        package = parts[len(parts) - 1 - parts[::-1].index("site-packages") + 1]
        return package not in _RUNNERS and not package.startswith(_PLUGIN)
    return not path.startswith((*_STDLIB, _SCRIPTS))


@functools.lru_cache(maxsize=4096)
def is_third_party(filename: str) -> bool:
    """Tell whether a file belongs to an installed package that is neither ours nor the project's."""
    installed = {"site-packages", "dist-packages"} & set(Path(filename).parts)
    return bool(installed) and not os.path.realpath(filename).startswith(_OURS)


def line_of(code: CodeType, lasti: int) -> int:
    """Return the line of an instruction of `code`."""
    for start, end, line in code.co_lines():
        if start <= lasti < end and line is not None:
            return line
    return code.co_firstlineno


def place_of(code: CodeType, line: int, root: str | None = None) -> Place:
    """Return the place of a line of `code`; the file is named from `root` where it is below it."""
    filename = code.co_filename
    return Place(
        file=relative(filename, root),
        line=line,
        function=code.co_name,
        source=linecache.getline(filename, line).strip(),
    )


def place_of_site(site: Site | None, root: str | None) -> Place | None:
    """Return the place of a line that another process may have told of."""
    if site is None:
        return None
    source = linecache.getline(site.co_filename, site.line).strip()
    return Place(relative(site.co_filename, root), site.line, site.co_name, source)


def raised_at(error: BaseException | None, root: str | None) -> Place | None:
    """Return the innermost line of the user's that an exception came through."""
    place, trace = None, error.__traceback__ if error is not None else None
    while trace is not None:
        code = trace.tb_frame.f_code
        if is_user_file(code.co_filename):
            place = place_of(code, trace.tb_lineno, root)
        trace = trace.tb_next
    return place


def relative(filename: str, root: str | None) -> str:
    """Name a file from `root` where it is below it, else in full."""
    if root is None:
        return filename
    path = os.path.realpath(filename)
    base = os.path.realpath(root) + os.sep
    return path[len(base) :].replace(os.sep, "/") if path.startswith(base) else filename


def frames_outward(frame: FrameType | None) -> Iterator[FrameType]:
    """Walk from a frame to its callers. In a forked child the parent's frames lie below: they are left out."""
    while frame is not None and frame.f_code not in processes.BEGINNINGS:
        yield frame
        frame = frame.f_back


def user_frame(frame: FrameType | None) -> FrameType | None:
    """Return the innermost frame of the user's own code."""
    return next((f for f in frames_outward(frame) if is_user_file(f.f_code.co_filename)), None)


def first_user_site(sites: tuple[tuple[CodeType, int], ...]) -> tuple[CodeType, int] | None:
    """Return the innermost of some recorded call sites that is the user's own."""
    return next((site for site in sites if is_user_file(site[0].co_filename)), None)
