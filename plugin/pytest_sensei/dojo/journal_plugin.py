"""Writes the runs of katas into the journal. Trouble with the journal is one line of warning, no more."""

from __future__ import annotations

import json
import os
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from pytest_sensei.dojo import outcome as outcomes
from pytest_sensei.dojo.files import read_bytes, write_atomically
from pytest_sensei.dojo.katas import Kata, KataError, kata_of, katas_in
from pytest_sensei.dojo.outcome import Outcome, TestResult, light_of
from pytest_sensei.dojo.workspace import root_of
from pytest_sensei.hints.catalogue import IMPORT, Case, HintsError, hints_for, load

if TYPE_CHECKING:
    from pytest_sensei.diagnosis import JSONObject
    from pytest_sensei.dojo.journal import Journal

NAME = "sensei-journal"
OUTCOME_FILE = "KATA_OUTCOME_FILE"  # for `kata`, which starts pytest and wants to know how it ended
_WORST = {"skipped": 0, "passed": 1, "failed": 2, "error": 3}
_FAILURE_LINES = 12
_STEPS_SHOWN = {"none": 0, "first": 1}


def register(config: pytest.Config) -> None:
    """Take part in this run where it is told about katas: in the controller, when tests really run."""
    if not hasattr(config, "workerinput") and not config.option.collectonly:
        config.pluginmanager.register(JournalPlugin(config), NAME)


@dataclass(slots=True)
class _Record:
    """What is known so far of one kata in this run."""

    kata: Kata
    started: float = field(default_factory=time.monotonic)
    row: int | None = None
    results: dict[str, str] = field(default_factory=dict)
    findings: list[JSONObject] = field(default_factory=list)
    ladder: tuple[str, ...] = ()
    failed: bool = False
    failure: str = ""
    trouble: str | None = None
    excuse: str | None = None  # why tests were skipped
    seconds: float = 0.0


class JournalPlugin:
    """Collects what the reports say about each kata; a row is opened before its tests and closed after."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._records: dict[Path, _Record] = {}
        self._warnings: list[str] = []
        self._interrupted = False
        self._outcome_file = os.environ.pop(OUTCOME_FILE, None)  # not for a pytest that a test starts
        # An answer or a solution is not the learner's stub: such a run says nothing about their progress.
        self._keeps = not (config.getoption("answer") or config.getoption("solutions"))

    # -- opening

    @pytest.hookimpl
    def pytest_sessionstart(self) -> None:
        """Under pytest-xdist the modules are collected elsewhere; the arguments say which katas come."""
        if self._config.pluginmanager.has_plugin("dsession"):
            for kata in _katas_in(self._config):
                self._record(kata)

    @pytest.hookimpl(tryfirst=True)
    def pytest_pycollect_makemodule(self, module_path: Path) -> None:
        """Open the row before the stub is imported: an import may hang, too."""
        kata = _kata_of(module_path)
        if kata is not None:
            self._record(kata)

    def _record(self, kata: Kata) -> _Record:
        record = self._records.get(kata.folder)
        if record is None:
            record = self._records[kata.folder] = _Record(kata)
            if self._keeps:
                record.row = self._attempt(_journal(kata).open_run, kata.name, _content(kata.stub))
        return record

    # -- collecting

    @pytest.hookimpl
    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """A kata whose tests could not be collected could not run."""
        if report.passed:
            return
        file = report.nodeid.split("::", 1)[0]
        kata = _kata_of(self._config.rootpath / file)
        if kata is None:
            return
        record = self._record(kata)
        if report.skipped:
            record.results[Path(file).name] = "skipped"
            record.excuse = record.excuse or _excuse(report)
        else:
            record.trouble = (
                report.longreprtext.strip().partition("\n")[0] or "the tests could not be collected"
            )
            record.ladder = _import_ladder(kata, record.trouble)

    @pytest.hookimpl
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Add one phase of one test to what is known of its kata."""
        properties = dict(report.user_properties)
        if report.passed and "sensei-kata" not in properties:
            return  # most tests are no kata's, and to ask the file system takes longer
        kata = _kata_of(self._config.rootpath / report.location[0])
        if kata is None:
            return
        record = self._record(kata)
        name = outcomes.test_name(report.nodeid)
        outcome = _outcome(report)
        if outcome is not None and _WORST[outcome] >= _WORST.get(record.results.get(name, ""), -1):
            record.results[name] = outcome
        found: list[Any] = [value for key, value in report.user_properties if key == "sensei"]
        if report.skipped:
            record.excuse = record.excuse or _excuse(report)
        record.findings.extend(found)
        if report.failed and not record.failed:
            record.failed = True
            record.failure = "\n".join(report.longreprtext.splitlines()[-_FAILURE_LINES:])
            hints: Any = found[0].get("hints", ()) if found else properties.get("sensei-hint", ())
            record.ladder = tuple(hints)
        record.seconds += report.duration

    @pytest.hookimpl
    def pytest_keyboard_interrupt(self, excinfo: pytest.ExceptionInfo[BaseException]) -> None:
        """Ctrl-C stops the katas; pytest also stops by itself, when a module could not be collected."""
        self._interrupted = isinstance(excinfo.value, KeyboardInterrupt)

    # -- closing

    @pytest.hookimpl
    def pytest_sessionfinish(self) -> None:
        """Close the rows."""
        outcomes_ = []
        for record in self._records.values():
            if not record.results and record.trouble is None and not self._interrupted:
                self._close(record, None)
                continue
            outcome = self._outcome_of(record)
            outcomes_.append(outcome)
            self._close(record, outcome)
        self._tell_kata(outcomes_)

    def _close(self, record: _Record, outcome: Outcome | None) -> None:
        if record.row is None:
            return
        journal = _journal(record.kata)
        if outcome is None:
            self._attempt(journal.drop_run, record.row)
        else:
            self._attempt(journal.close_run, record.row, outcome)

    def _outcome_of(self, record: _Record) -> Outcome:
        tests = tuple(TestResult(name, outcome) for name, outcome in record.results.items())
        stopped = self._interrupted or record.trouble is not None
        trouble = record.trouble or ("the run was interrupted" if self._interrupted else None)
        if trouble is None and all(outcome == "skipped" for outcome in record.results.values()):
            trouble = record.excuse
        level = str(self._config.getoption("hints", "first"))
        return Outcome(
            kata=record.kata.name,
            light=light_of(tests, record.findings, could_not_run=stopped),
            tests=tests,
            findings=tuple(record.findings),
            ladder=record.ladder,
            shown=min(len(record.ladder), _STEPS_SHOWN.get(level, len(record.ladder))),
            partial=self._is_partial(record.kata),
            trouble=trouble,
            failure=record.failure,
            seconds=record.seconds,
        )

    def _is_partial(self, kata: Kata) -> bool:
        """Tell whether the options or arguments leave out some of the kata's tests."""
        option = self._config.option
        choosing = (
            "keyword",
            "markexpr",
            "lf",
            "stepwise",
            "deselect",
            "ignore",
            "ignore_glob",
            "last_failed",
        )
        if any(getattr(option, name, None) for name in choosing):
            return True
        base = self._config.invocation_params.dir
        named = [base / arg.split("::", 1)[0] for arg in self._config.args]
        if any(path in {kata.folder, *kata.folder.parents} for path in map(_normal, named)):
            return False
        whole = {_normal(base / arg) for arg in self._config.args if "::" not in arg}
        return not whole.issuperset(kata.tests)

    def _attempt(self, action: Any, *arguments: object) -> Any:
        """Do something with the journal; trouble with it never becomes trouble with the run."""
        from pytest_sensei.dojo.journal import JournalError

        try:
            result = action(*arguments)
        except JournalError as error:
            self._warn(str(error))
            return None
        self._warn(*action.__self__.notices)
        return result

    def _warn(self, *texts: str) -> None:
        self._warnings.extend(text for text in texts if text not in self._warnings)

    def _tell_kata(self, told: list[Outcome]) -> None:
        if self._outcome_file is None:
            return
        text = json.dumps([outcomes.to_json(outcome) for outcome in told])
        try:
            write_atomically(Path(self._outcome_file), text.encode())
        except OSError as error:
            self._warn(f"{self._outcome_file}: {error.strerror}")

    @pytest.hookimpl(trylast=True)
    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """Warn of the first trouble; the others have the same cause."""
        for text in self._warnings[:1]:
            terminalreporter.write_line(f"sensei: the journal: {text}", yellow=True)


def _outcome(report: pytest.TestReport) -> str | None:
    """A test passes by its call; setup and teardown count when they fail."""
    if report.when == "call":
        return report.outcome if report.outcome in _WORST else None
    if report.failed:
        return "error"
    return "skipped" if report.skipped else None


def _excuse(report: pytest.TestReport | pytest.CollectReport) -> str | None:
    """Give the first line of why something was skipped."""
    if not isinstance(report.longrepr, tuple):
        return None
    return str(report.longrepr[2]).removeprefix("Skipped: ").partition("\n")[0]


def _journal(kata: Kata) -> Journal:
    from pytest_sensei.dojo.journal import Journal  # loads a database, which only runs of katas need

    return Journal(root_of(kata.folder.parent))


def _content(stub: Path) -> bytes | None:
    try:
        return read_bytes(stub)
    except OSError:  # a folder, or not ours to read: the import will say so
        return None


def _import_ladder(kata: Kata, message: str) -> tuple[str, ...]:
    try:
        return hints_for(Case(IMPORT, "", message), load(kata.hints))
    except HintsError:  # told before the run by whoever reads hints first
        return ()


def _kata_of(path: Path) -> Kata | None:
    try:
        return kata_of(path)
    except KataError:  # told by whoever reads hints
        return None


def _katas_in(config: pytest.Config) -> list[Kata]:
    try:
        return katas_in(config.args, config.invocation_params.dir)
    except KataError:
        return []


def _normal(path: Path) -> Path:
    return Path(os.path.normpath(path))
