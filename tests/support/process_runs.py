"""Runs of pytest on tests that start processes: each a session of its own, with a look who is left after it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any

METHODS = ("fork", "forkserver", "spawn")
PATIENCE = 10  # seconds
LIMIT = 300  # seconds for a whole run; only a hang comes near it

HEADER = """
import multiprocessing, os, signal, socket, subprocess, sys, threading, time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing.connection import Client, Listener
import pytest

ctx = multiprocessing.get_context("{method}")
"""


@dataclass(frozen=True)
class Outcome:
    """What a run of pytest has left behind."""

    output: str
    findings: dict[str, list[dict[str, Any]]]  # by the test's name
    passed: int
    failed: int
    survivors: list[str]  # processes that carry the run's tag


def run(folder: Path, source: str, *args: str) -> Outcome:
    """Run pytest in a folder, as a session of its own, and look who is left."""
    (folder / "test_it.py").write_text(source)
    tag = f"SENSEI_TAG={uuid.uuid4()}"
    report = folder / "findings.jsonl"
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "--timeout=60", "-q"]
    with (folder / "output.txt").open("w+") as output:
        subprocess.run(
            [*command, f"--sensei-report={report}", "--junitxml=junit.xml", *args],
            cwd=folder,
            stdout=output,
            stderr=output,
            timeout=LIMIT,
            env={**os.environ, **dict([tag.split("=")])},
            check=False,
        )
        output.seek(0)
        text = output.read()
    found: dict[str, list[dict[str, Any]]] = {}
    for line in report.read_text().splitlines():
        finding = json.loads(line)
        found.setdefault(finding["nodeid"].partition("::")[2], []).append(finding)
    junit = (folder / "junit.xml").read_text()
    total, failed = (int(junit.partition(f'{word}="')[2].partition('"')[0]) for word in ("tests", "failures"))
    return Outcome(text, found, total - failed, failed, survivors(tag))


def survivors(tag: str) -> list[str]:
    """Return who carries the tag still when the helpers of multiprocessing have had time to end."""
    deadline = time.monotonic() + PATIENCE
    while (found := _carrying(tag)) and time.monotonic() < deadline:
        time.sleep(0.05)
    return found


def _carrying(tag: str) -> list[str]:
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if tag.encode() in (folder / "environ").read_bytes():
                found.append((folder / "cmdline").read_text())
        except OSError:  # noqa: PERF203 - a process may end meanwhile
            continue
    return found
