"""Writes the files that were asked for: found unwritable before the run, never half written after it."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest


def output_file(config: pytest.Config, option: str) -> Path | None:
    """Return where to write a report, after making sure that it can be written."""
    name = config.getoption(option)
    if not name:
        return None
    path = Path(config.invocation_params.dir, name)
    try:
        path.write_text("", encoding="utf-8")
    except OSError as error:
        raise pytest.UsageError(f"{option}={name}: cannot be written: {error.strerror}") from error
    return path


def write_whole(path: Path, text: str) -> None:
    """Write all or nothing: a reader never sees half a report."""
    draft = path.with_name(f"{path.name}.{os.getpid()}.tmp")
    try:
        draft.write_text(text, encoding="utf-8")
        draft.replace(path)
    except OSError as error:
        sys.stderr.write(f"sensei: {path} could not be written: {error.strerror}\n")
