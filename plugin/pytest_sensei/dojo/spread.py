"""Spreads jobs over processes or hosts with pytest-xdist: each job is a test of a small run of pytest."""

from __future__ import annotations

import contextlib
import io
import json
import os
import re
import sys
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from pytest_sensei.dojo.jobs import Job, Judged, job_from_json, judged_from_json, to_json

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

JOBS = pytest.StashKey[list[Job]]()
RESULT = "kata-judged"
_INPUT = "kata_jobs"
_CASES = "pytest_sensei.dojo.spread_cases"
_RESTARTS = 3  # a worker only waits for others; one that dies again and again has no business here


class SpreadError(Exception):
    """The jobs could not be run; the text says what pytest said of it."""


def spread(jobs: Sequence[Job], options: Sequence[str], tell: Callable[[Judged], None]) -> dict[str, Judged]:
    """Run all jobs and give their ends by id; `tell` hears of each as it comes. Raises SpreadError."""
    if not jobs:
        return {}
    controller = Controller(jobs, tell)
    quiet = ["-p", "no:sensei", "-p", "no:cacheprovider", "-p", "no:timeout", "-q", "--color=no"]
    command = ["--pyargs", _CASES, *quiet, f"--max-worker-restart={_RESTARTS}", *options]
    said = io.StringIO()
    with _away_from_settings(), contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
        code = pytest.main(command, plugins=[controller])
    sys.modules.pop(_CASES, None)
    if code == pytest.ExitCode.INTERRUPTED:
        raise KeyboardInterrupt
    if len(controller.judged) < len(jobs):
        raise SpreadError(f"not all runs could be made: {_reason(said.getvalue())}")
    return controller.judged


def _reason(said: str) -> str:
    """Take from what pytest said the line that tells why it broke off; all of it where there is none."""
    lines = [line.removeprefix("INTERNALERROR>").strip() for line in said.splitlines()]
    errors = [line for line in lines if re.match(r"(\w+\.)*\w*(Error|Found)\b.*: |pytest.*: error: ", line)]
    return errors[-1] if errors else said.strip()


@contextlib.contextmanager
def _away_from_settings() -> Iterator[None]:
    """Run in an empty folder, where no project's settings for pytest hold, nor those of the environment.

    Nor the words of our own command, which pytest-xdist would tell its workers: some cannot be sent.
    """
    here, options = Path.cwd(), os.environ.pop("PYTEST_ADDOPTS", None)
    words, sys.argv = sys.argv, sys.argv[:1]
    with tempfile.TemporaryDirectory(prefix="kata-spread-") as folder:
        Path(folder, "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
        os.chdir(folder)
        try:
            yield
        finally:
            os.chdir(here)
            sys.argv = words
            if options is not None:
                os.environ["PYTEST_ADDOPTS"] = options


class Controller:
    """Hands the jobs to the run and collects their ends."""

    def __init__(self, jobs: Sequence[Job], tell: Callable[[Judged], None]) -> None:
        self.judged: dict[str, Judged] = {}
        self._names = {f"job{number}": job.id for number, job in enumerate(jobs)}
        # on the way they have plain names: those of persons may have anything in them
        self._jobs = [replace(job, id=name) for name, job in zip(self._names, jobs, strict=True)]
        self._tell = tell

    @pytest.hookimpl(tryfirst=True)
    def pytest_configure(self, config: pytest.Config) -> None:
        """Without workers the tests run here."""
        config.stash[JOBS] = self._jobs

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        """Give every worker the jobs, content and all: it may stand on another host."""
        node.workerinput[_INPUT] = [to_json(job) for job in self._jobs]

    @pytest.hookimpl
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Take a job's end from its report; a worker that died is an end, too."""
        found: Any = dict(report.user_properties).get(RESULT)
        if found is not None:
            self._add(judged_from_json(json.loads(found)))
        elif report.when not in {"setup", "teardown"}:
            name = report.nodeid.partition("[")[2].removesuffix("]")
            self._add(Judged(name, None, "its worker died", report.longreprtext))

    def _add(self, told: Judged) -> None:
        judged = replace(told, id=self._names[told.id])
        if judged.id not in self.judged:
            self.judged[judged.id] = judged
            self._tell(judged)


def jobs_of(config: pytest.Config) -> list[Job]:
    """Give the jobs of this run, in the controller or in a worker."""
    workerinput: dict[str, Any] | None = getattr(config, "workerinput", None)
    if workerinput is None:
        return config.stash.get(JOBS, [])
    return [job_from_json(value) for value in workerinput.get(_INPUT, [])]
