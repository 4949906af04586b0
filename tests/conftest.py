"""Shared fixtures: a project in a temporary folder, run in its own process, its findings read back."""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Any

import groups
import pytest
import warm

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytest_plugins = ["pytester"]

LIMIT = 60  # seconds for a run in a subprocess; only a hang comes near it


def pytest_configure() -> None:
    os.environ["PYTEST_ADDOPTS"] = " ".join(warm.PLUGINS)  # for the runs that tests start
    # A shell starts what runs in the background with Ctrl-C ignored, and whatever that starts inherits it.
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> object:
    return groups.Grouping(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        item.add_marker(pytest.mark.filterwarnings("error"), append=False)
        if "kitchen" in getattr(item, "fixturenames", ()):
            # What it waits for is a run of pytest with a time limit: looking at all that it starts proves nothing.
            item.add_marker(pytest.mark.sensei(deadlocks="off"))


@dataclass(frozen=True)
class Run:
    """A finished run of pytest."""

    result: pytest.RunResult
    findings: list[dict[str, Any]]

    @property
    def kinds(self) -> list[str]:
        return [finding["kind"] for finding in self.findings]

    @property
    def output(self) -> str:
        return self.result.stdout.str()

    def only(self) -> dict[str, Any]:
        """Return the one finding there is."""
        assert len(self.findings) == 1, self.kinds
        return self.findings[0]


@dataclass(frozen=True)
class Project:
    """A project whose tests are watched."""

    pytester: pytest.Pytester

    def run(self, source: str, *args: str, **files: str) -> Run:
        """Run pytest on a test file (and further modules) and collect what it says."""
        self.pytester.makepyfile(test_it=source, **files)
        report = self.pytester.path / "findings.jsonl"
        options = ("-p", "no:cacheprovider", "--timeout=20", f"--sensei-report={report}", *args)
        result = self.pytester.runpytest_subprocess(*options, timeout=LIMIT)
        lines = report.read_text(encoding="utf-8").splitlines() if report.exists() else []
        return Run(result, [json.loads(line) for line in lines])


@pytest.fixture(scope="session")
def kitchen() -> Iterator[warm.Kitchen]:
    """What starts runs of pytest warm."""
    kitchen = warm.Kitchen()
    yield kitchen
    kitchen.close()


@pytest.fixture
def pytester(
    pytester: pytest.Pytester, kitchen: warm.Kitchen, monkeypatch: pytest.MonkeyPatch
) -> pytest.Pytester:
    """Like pytest's own, but its runs in a process of their own start warm."""

    def run(*args: str | Path, timeout: float = LIMIT) -> pytest.RunResult:
        home = pytester.path
        output, errors = home / "stdout", home / "stderr"
        base = f"--basetemp={home / 'runpytest-0'}"
        environment = {**os.environ, "PYTHONPATH": str(home), "HOME": str(home), "USERPROFILE": str(home)}
        here = os.getcwd()  # noqa: PTH109 - as the test has set it
        request = warm.Request((base, *map(str, args)), here, environment, str(output), str(errors))
        began = time.monotonic()
        code = kitchen.run(request, timeout)
        said = [file.read_text(encoding="utf-8").splitlines() for file in (output, errors)]
        sys.stdout.write("\n".join(chain(*said)))  # for the report of a test that fails
        if code is None:
            pytest.fail(f"killed after {timeout} s")
        return pytest.RunResult(code, *said, time.monotonic() - began)

    monkeypatch.setattr(pytester, "runpytest_subprocess", run)
    return pytester


@pytest.fixture
def project(pytester: pytest.Pytester) -> Project:
    return Project(pytester)
