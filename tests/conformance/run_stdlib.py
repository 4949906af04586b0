"""Run tests of CPython's own suite on its primitives or on ours, and write down how each of them went.

usage: run_stdlib.py native|installed|watched RESULT.json MODULE[:CLASS_PATTERN] ...

`installed` has our primitives in place; `watched` also a watcher that slices every wait and judges what it
sees, as during a test: these tests contain no deadlock, so that any verdict is a mistake of ours.
"""

from __future__ import annotations

import fnmatch
import importlib.util
import json
import os
import sys
import tempfile
import unittest
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_sensei.primitives import patching, queues, runtime
from pytest_sensei.watch.watching import Watching

if TYPE_CHECKING:
    import types
    from collections.abc import Iterator

SITE = """
from pytest_sensei.primitives import patching, runtime

patching.install()
if {watched!r}:
    from pytest_sensei.watch.watching import Watching

    runtime.watch_with(Watching(None))
"""


class Outcomes(unittest.TestResult):
    """Notes what went wrong with each test, and lets the watcher judge while a test runs."""

    def __init__(self, watching: Watching | None) -> None:
        super().__init__()
        self.watching = watching
        self.bad: dict[str, str] = {}
        self.skips = 0

    def startTest(self, test: unittest.TestCase) -> None:  # noqa: N802
        super().startTest(test)
        if self.watching is not None:
            self.watching.begin(proving=True)

    def stopTest(self, test: unittest.TestCase) -> None:  # noqa: N802
        if self.watching is not None:
            self.watching.end()
            if self.watching.diagnoses:
                self.bad[test.id()] = f"a verdict: {self.watching.diagnoses}"
        super().stopTest(test)

    def addError(self, test: unittest.TestCase, err: object) -> None:  # noqa: N802
        super().addError(test, err)  # type: ignore[arg-type]
        self.bad[test.id()] = self.errors[-1][1]

    def addFailure(self, test: unittest.TestCase, err: object) -> None:  # noqa: N802
        super().addFailure(test, err)  # type: ignore[arg-type]
        self.bad[test.id()] = self.failures[-1][1]

    def addSubTest(self, test: unittest.TestCase, subtest: unittest.TestCase, err: object) -> None:  # noqa: N802
        super().addSubTest(test, subtest, err)  # type: ignore[arg-type]
        if err is not None:
            self.bad[test.id()] = str(err)

    def addSkip(self, test: unittest.TestCase, reason: str) -> None:  # noqa: N802
        super().addSkip(test, reason)
        self.skips += 1


def flat(suite: unittest.TestSuite) -> Iterator[unittest.TestCase]:
    for each in suite:
        if isinstance(each, unittest.TestSuite):
            yield from flat(each)
        else:
            yield each


def modules_of(name: str) -> list[types.ModuleType]:
    """Import a test module; the modules in it when it is a package; none when it is not installed."""
    if importlib.util.find_spec(f"test.{name}") is None:
        return []
    module = importlib.import_module(f"test.{name}")
    if not hasattr(module, "__path__"):
        return [module]
    files = sorted(path.stem for path in Path(module.__path__[0]).glob("test_*.py"))
    return [importlib.import_module(f"test.{name}.{stem}") for stem in files]


def chosen(argument: str, *, patched: bool) -> unittest.TestSuite:
    """Load the tests of `MODULE`, of classes whose names match when `MODULE:PATTERN` is given."""
    name, _, patterns = argument.partition(":")
    suite = unittest.TestSuite()
    for module in modules_of(name):
        if patched and name == "test_queue":  # it tests a fresh copy of the module
            module.c_queue.SimpleQueue, module.c_queue.Empty = queues.SimpleQueue, queues.Empty
        suite.addTests(
            test
            for test in flat(unittest.defaultTestLoader.loadTestsFromModule(module))
            if any(fnmatch.fnmatch(type(test).__name__, pattern) for pattern in (patterns or "*").split(","))
        )
    return suite


def patch_children(directory: Path, *, watched: bool) -> None:
    """Have our primitives also in the interpreters that the tests start."""
    from test.support import script_helper

    (directory / "sitecustomize.py").write_text(SITE.format(watched=watched), encoding="utf-8")
    ours = str(Path(patching.__file__).parents[2])
    os.environ["PYTHONPATH"] = os.pathsep.join((str(directory), ours))
    vars(script_helper)["__cached_interp_requires_environment"] = True  # else it starts them isolated


def main(mode: str, result: str, *names: str) -> None:
    from test import support

    support.use_resources = []
    watching = Watching(None) if mode == "watched" else None
    with tempfile.TemporaryDirectory() as directory:
        if mode != "native":
            patching.install()
            patch_children(Path(directory), watched=mode == "watched")
        runtime.watch_with(watching)
        outcomes = Outcomes(watching)
        for name in names:
            chosen(name, patched=mode != "native").run(outcomes)
        runtime.watch_with(None)
    summary = {"run": outcomes.testsRun, "skipped": outcomes.skips, "bad": outcomes.bad}
    Path(result).write_text(json.dumps(summary), encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
