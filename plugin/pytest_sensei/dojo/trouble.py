"""A stub that cannot be imported: one line that says what to do."""

from __future__ import annotations

import re
import traceback
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pytest_sensei.dojo.katas import Kata

_MISSING_NAME = re.compile(r"cannot import name '([^']+)' from (partially initialized module )?'([^']+)'")


def import_trouble(kata: Kata, trouble: pytest.ExceptionInfo[BaseException] | BaseException) -> str:
    """Say in one line why the kata's tests could not be collected, and what to do about it."""
    error = _cause(trouble.value if isinstance(trouble, pytest.ExceptionInfo) else trouble)
    if isinstance(error, SyntaxError):
        return (
            f"{_syntax_place(kata, error)}: {error.msg}: Python cannot read this line (or the one before it)"
        )
    if isinstance(error, ModuleNotFoundError):
        return _missing_module(kata, error)
    if isinstance(error, ImportError):
        missing = _missing_name(kata, error)
        if missing is not None:
            return missing
    what = f"{type(error).__name__}: {error}".strip(" :").splitlines()[0]
    return f"{_place(kata, error)}: {what}, raised while the file was imported, before any test ran"


def _cause(error: BaseException) -> BaseException:
    """Pytest wraps what an import raised; the wrapped one knows the line."""
    while isinstance(error, pytest.Collector.CollectError) and error.__cause__ is not None:
        error = error.__cause__
    return error


def _missing_module(kata: Kata, error: ModuleNotFoundError) -> str:
    if error.name == kata.module:
        return f"{kata.stub.name} is missing from {kata.name}: `kata reset {kata.number}` brings it back"
    return f"{_place(kata, error)}: there is no module {error.name!r} here: is the import spelled right?"


def _missing_name(kata: Kata, error: ImportError) -> str | None:
    match = _MISSING_NAME.match(str(error))
    if match is None or match[3] != kata.module:
        return None
    file = Path(error.path or kata.stub).name
    if match[2]:
        return f"{_place(kata, error)}: {file} imports itself: give its import another name"
    return f"{file} has no {match[1]!r}: the tests import it by this name (see README.md)"


def _syntax_place(kata: Kata, error: SyntaxError) -> str:
    return f"{Path(error.filename or kata.stub).name}:{error.lineno or 1}"


def _place(kata: Kata, error: BaseException) -> str:
    """Give the last line in the learner's file, else in the kata's folder, that led to the error."""
    frames = traceback.extract_tb(error.__traceback__)
    names = {kata.stub.name}
    mine = [frame for frame in frames if Path(frame.filename).name in names]
    near = mine or [frame for frame in frames if Path(frame.filename).parent == kata.folder]
    if not near:
        return kata.stub.name
    return f"{Path(near[-1].filename).name}:{near[-1].lineno}"
