"""Resets and restores of a stub. Every content that is replaced is kept first, under `.kata/attempts`."""

from __future__ import annotations

import datetime as dt
import json
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_sensei.dojo.files import read_bytes, write_atomically
from pytest_sensei.dojo.workspace import Workspace, WorkspaceError, shipped_katas

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_sensei.dojo.katas import Kata

_UNDO = "undo.json"
_MOST_UNDOS = 50


@dataclass(frozen=True, slots=True)
class Attempt:
    """A kept content of a stub; numbered from 1, oldest first."""

    number: int
    path: Path
    when: str  # local time, as in the file's name
    why: str  # what replaced it: reset, restore or undo


@dataclass(frozen=True, slots=True)
class Change:
    """What was done to a stub: `kept` holds what was there before, if it was anything."""

    kata: str
    stub: Path
    kept: Path | None
    changed: bool


def attempts_of(workspace: Workspace, kata: Kata) -> list[Attempt]:
    """Give the kept attempts of a kata, oldest first."""
    files = sorted(_folder(workspace, kata.name).glob(f"*{kata.stub.suffix}"))
    return [_attempt(number, path) for number, path in enumerate(files, 1)]


def reset(workspace: Workspace, kata: Kata) -> Change:
    """Bring the stub back as it came. Raises WorkspaceError."""
    return _replace(workspace, kata, pristine_stub(workspace, kata), "reset")


def restore(workspace: Workspace, kata: Kata, number: int) -> Change:
    """Bring back an attempt. Raises WorkspaceError."""
    attempts = attempts_of(workspace, kata)
    chosen = next((attempt for attempt in attempts if attempt.number == number), None)
    if chosen is None:
        count = f"attempts 1 to {len(attempts)}" if attempts else "no attempts kept"
        raise WorkspaceError(f"{kata.name} has {count}: `kata attempts {kata.number}` lists them")
    return _replace(workspace, kata, chosen.path.read_bytes(), "restore")


def undo(workspace: Workspace) -> Change:
    """Take the last reset or restore back. Raises WorkspaceError."""
    steps = _undo_steps(workspace)
    if not steps:
        raise WorkspaceError("there is no reset or restore to take back")
    name, file = steps[-1]
    kata = workspace.find(name)
    kept = _folder(workspace, name) / file
    content = read_bytes(kept)
    if content is None:
        raise WorkspaceError(f"{kept} is gone, so the last change of {name} cannot be taken back")
    saved = _keep(workspace, kata, "undo")
    write_atomically(kata.stub, content)
    _write_undo_steps(workspace, steps[:-1])
    return Change(kata.name, kata.stub, saved, changed=True)


def pristine_stub(workspace: Workspace, kata: Kata) -> bytes:
    """Give the stub as it came: with the folder, with the package, or from git. Raises WorkspaceError."""
    folders = [workspace.shipped, *_package_katas()]
    for folder in folders:
        content = read_bytes(folder / kata.name / kata.stub.name)
        if content is not None:
            return content
    for version in ("origin/HEAD", "HEAD"):
        command = ["git", "-C", str(kata.folder), "show", f"{version}:./{kata.stub.name}"]
        result = _run_git(command)
        if result is not None:
            return result
    raise WorkspaceError(f"no copy of {kata.stub.name} as it came was found in the package or in git")


def _replace(workspace: Workspace, kata: Kata, content: bytes, why: str) -> Change:
    """Keep, note for undo, then write: killed at any point, nothing is lost."""
    before = read_bytes(kata.stub)
    if before == content:
        return Change(kata.name, kata.stub, None, changed=False)
    kept = _keep(workspace, kata, why)
    if kept is not None:
        steps = [*_undo_steps(workspace), (kata.name, kept.name)]
        _write_undo_steps(workspace, steps[-_MOST_UNDOS:])
    write_atomically(kata.stub, content)
    return Change(kata.name, kata.stub, kept, changed=True)


def _keep(workspace: Workspace, kata: Kata, why: str) -> Path | None:
    content = read_bytes(kata.stub)
    if content is None:
        return None
    now = dt.datetime.now().astimezone()
    folder = _folder(workspace, kata.name)
    path = folder / f"{now:%Y-%m-%dT%H-%M-%S-%f}_{why}{kata.stub.suffix}"
    write_atomically(path, content)
    return path


def _attempt(number: int, path: Path) -> Attempt:
    stamp, _, why = path.stem.partition("_")
    date, _, time = stamp.partition("T")
    return Attempt(number, path, f"{date} {':'.join(time.split('-')[:3])}", why)


def _folder(workspace: Workspace, name: str) -> Path:
    return workspace.own / "attempts" / name


def _undo_steps(workspace: Workspace) -> list[tuple[str, str]]:
    """A list that cannot be read is an empty one: the attempts themselves are all there."""
    content = read_bytes(workspace.own / _UNDO)
    try:
        return [(str(name), str(file)) for name, file in json.loads(content or b"[]")]
    except (ValueError, TypeError):
        return []


def _write_undo_steps(workspace: Workspace, steps: list[tuple[str, str]]) -> None:
    write_atomically(workspace.own / _UNDO, json.dumps(steps).encode())


def _package_katas() -> list[Path]:
    """The wheel's katas; those of a clone may be the very files that the learner works in."""
    try:
        folder = shipped_katas()
    except WorkspaceError:
        return []
    return [folder] if folder.name == "_katas" else []


def _run_git(command: list[str]) -> bytes | None:
    try:
        result = subprocess.run(command, capture_output=True, check=False, timeout=30)  # noqa: S603 - our own
    except (OSError, subprocess.TimeoutExpired):
        return None
    return result.stdout if result.returncode == 0 else None
