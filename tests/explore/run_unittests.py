"""Run unittest modules in this process, native or instrumented, and write each test's outcome as JSON.

usage: run_unittests.py native|instrumented JOB.json RESULTS.json
where the job is [[TEST_MODULE, [LIBRARY_MODULE, ...]], ...]
"""

from __future__ import annotations

import contextlib
import importlib
import json
import sys
import unittest
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_sensei.explore import swap
from pytest_sensei.explore.hooks import Access, peek, user_frame

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator
    from types import ModuleType, TracebackType

    Failure = tuple[type[BaseException], BaseException, TracebackType] | tuple[None, None, None]


class Recorder:
    """Does with each announcement what an explorer would: looks at the value and the place."""

    def __init__(self) -> None:
        self.accesses = 0
        self.busy = False

    def access(self, obj: object, field: Hashable, kind: Access, value: object) -> None:
        self.accesses += 1
        if not self.busy:
            self.busy = True
            peek(obj, field)
            assert user_frame().f_lineno
            self.busy = False


class Outcomes(unittest.TestResult):
    """Notes how each test and subtest went."""

    def __init__(self) -> None:
        super().__init__()
        self.outcomes: dict[str, str] = {}

    def note(self, test: unittest.TestCase, outcome: str) -> None:
        name = test.id()
        self.outcomes[name] = f"{self.outcomes[name]}, {outcome}" if name in self.outcomes else outcome

    def addSuccess(self, test: unittest.TestCase) -> None:
        self.note(test, "passed")

    def addError(self, test: unittest.TestCase, err: Failure) -> None:
        self.note(test, f"error {err[0] and err[0].__name__}")
        super().addError(test, err)

    def addFailure(self, test: unittest.TestCase, err: Failure) -> None:
        self.note(test, "failed")
        super().addFailure(test, err)

    def addSubTest(self, test: unittest.TestCase, subtest: unittest.TestCase, err: Failure | None) -> None:
        if err is not None:
            self.note(test, f"subtest {err[0] and err[0].__name__}")
        super().addSubTest(test, subtest, err)

    def addSkip(self, test: unittest.TestCase, reason: str) -> None:
        self.note(test, "skipped")

    def addExpectedFailure(self, test: unittest.TestCase, err: Failure) -> None:
        self.note(test, "failed as expected")

    def addUnexpectedSuccess(self, test: unittest.TestCase) -> None:
        self.note(test, "passed unexpectedly")


def main(mode: str, job: list[tuple[str, list[str]]]) -> dict[str, object]:
    return {name: run(mode, name, libraries) for name, libraries in job}


def run(mode: str, name: str, libraries: list[str]) -> dict[str, object]:
    module = importlib.import_module(name)
    modules = [module, *map(importlib.import_module, libraries)]
    suite = unittest.defaultTestLoader.loadTestsFromModule(module)
    outcomes = Outcomes()
    recorder = Recorder()
    with instrumented(mode, modules, recorder) as coverage:
        suite.run(outcomes)
    return {
        "outcomes": outcomes.outcomes,
        "tracebacks": {test.id(): text for test, text in outcomes.errors + outcomes.failures},
        "accesses": recorder.accesses,
        "functions": coverage.functions,
        "uncovered": coverage.uncovered,
    }


@contextlib.contextmanager
def instrumented(mode: str, modules: list[ModuleType], recorder: Recorder) -> Iterator[swap.Coverage]:
    if mode == "native":
        yield swap.Coverage()
    else:
        with swap.instrumented(modules, recorder) as coverage:
            yield coverage


if __name__ == "__main__":
    results = main(sys.argv[1], json.loads(Path(sys.argv[2]).read_text()))
    Path(sys.argv[3]).write_text(json.dumps(results))
