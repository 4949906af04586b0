"""Tells what was found: in each failure, at the end of the run, and in the report file."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from pytest_sensei import findings
from pytest_sensei.diagnosis import Deadlock, Finding, Light, Phase, Severity
from pytest_sensei.dojo.katas import Kata, kata_of
from pytest_sensei.dojo.outcome import TestResult, light_of, sentence
from pytest_sensei.explain import jsonl, terminal
from pytest_sensei.explain.text import supports_unicode
from pytest_sensei.hints.catalogue import Level
from pytest_sensei.hooks import hinting
from pytest_sensei.hooks.watched import SETTINGS
from pytest_sensei.watch.places import is_user_file

if TYPE_CHECKING:
    from collections.abc import Generator
    from types import TracebackType

FINDING = "sensei"  # keys of report.user_properties
HINT = "sensei-hint"
KATA = "sensei-kata"


def add_options(parser: pytest.Parser) -> None:
    """Declare the options of output."""
    group = parser.getgroup("sensei")
    group.addoption("--sensei-report", metavar="FILE", help="write findings to FILE, one JSON object a line")
    group.addoption(
        "--hints",
        choices=[level.value for level in Level],
        default=Level.FIRST.value,
        help="how much to say: none, first (the first step of each hint), all",
    )
    group.addoption(
        "--all", action="store_true", help="katas: show every failure in full, not only the first"
    )


class Found:
    """Runs where the tests run: attaches each finding to its test's report."""

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        kata = kata_of(item.path)
        if call.excinfo is not None and (kata is not None or isinstance(call.excinfo.value, Deadlock)):
            _cut_tracebacks(call.excinfo.value)
        report = yield
        _attach(item, report, kata)
        return report


def _cut_tracebacks(error: BaseException | None) -> None:
    """Keep the frames of the learner and the test, in the whole chain; drop the standard library's and ours.

    The links of the traceback itself are changed: pytest cuts and filters a copy of its own.
    """
    seen = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        _cut(error.__traceback__)
        error = error.__cause__ or error.__context__


def _cut(trace: TracebackType | None) -> None:
    while trace is not None and not _is_told(trace):
        trace = trace.tb_next
    while trace is not None:
        following = trace.tb_next
        while following is not None and not _is_told(following):
            following = following.tb_next
        trace.tb_next = following
        trace = following


def _is_told(trace: TracebackType) -> bool:
    return is_user_file(trace.tb_frame.f_code.co_filename)


def _attach(item: pytest.Item, report: pytest.TestReport, kata: Kata | None) -> None:
    for diagnosis in findings.of(item, report.when):
        severity = item.stash[SETTINGS].severity(diagnosis)
        hints = hinting.for_diagnosis(diagnosis, test=item.name, kata=kata)
        finding = Finding(item.nodeid, _phase(report), severity, diagnosis, hints)
        report.user_properties.append((FINDING, jsonl.to_json(finding)))
    if kata is not None:
        report.user_properties.append((KATA, kata.name))
        if report.failed and not findings.of(item, report.when):
            steps = hinting.for_failure(test=item.name, message=report.longreprtext, kata=kata)
            report.user_properties.append((HINT, list(steps)))


def _phase(report: pytest.TestReport) -> Phase:
    return report.when or "call"


def findings_of(report: pytest.TestReport) -> list[Finding]:
    """Return the findings that ride on a report."""
    return [jsonl.from_json(value) for key, value in report.user_properties if key == FINDING]  # type: ignore[arg-type]


class Explained:
    """A failure's text with the picture of what went wrong before it."""

    def __init__(self, pictures: list[Finding], original: Any, *, verbose: bool, advise: bool) -> None:
        self._findings = pictures
        self._original = original
        self._verbose = verbose
        self._advise = advise

    def toterminal(self, writer: Any) -> None:
        for finding in self._findings:
            text = terminal.render(
                finding,
                width=writer.fullwidth,
                unicode=supports_unicode(getattr(writer._file, "encoding", None)),
                color=writer.hasmarkup,
                verbose=self._verbose,
                advise=self._advise,
            )
            writer.line(text)
            writer.line()
        if hasattr(self._original, "toterminal"):
            self._original.toterminal(writer)
        elif self._original is not None:
            writer.line(str(self._original))

    def __str__(self) -> str:
        pictures = [terminal.render(finding, advise=False) for finding in self._findings]
        return "\n\n".join([*pictures, str(self._original)])

    def __getattr__(self, name: str) -> Any:
        return getattr(self._original, name)


class Teller:
    """Runs where the terminal is: collects what the reports carry and prints it."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._file = output_file(config, "--sensei-report")
        self._order: dict[str, int] = {}
        self._findings: list[Finding] = []
        self._katas: dict[str, _Run] = {}
        self._verbose = config.get_verbosity() > 0 if hasattr(config, "get_verbosity") else False

    # -- collecting

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_node_collection_finished(self, ids: list[str]) -> None:
        self._order.update({nodeid: index for index, nodeid in enumerate(ids)})

    @pytest.hookimpl
    def pytest_collection_finish(self, session: pytest.Session) -> None:
        self._order.update({item.nodeid: index for index, item in enumerate(session.items)})

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        found = findings_of(report)
        self._findings.extend(found)
        errors = [finding for finding in found if finding.severity is Severity.ERROR]
        kata = dict(report.user_properties).get(KATA)
        if report.failed and errors:
            report.longrepr = Explained(  # type: ignore[assignment]
                errors, report.longrepr, verbose=self._verbose, advise=kata is None
            )
        if kata is not None:
            self._katas.setdefault(str(kata), _Run()).add(report, found)

    @pytest.hookimpl(tryfirst=True)
    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        kata = kata_of(self._config.rootpath / report.nodeid.partition("::")[0]) if report.nodeid else None
        if report.failed and kata is not None:
            run = self._katas.setdefault(kata.name, _Run())
            run.could_not_run = True
            run.ladder = hinting.for_import(message=report.longreprtext, kata=kata)

    # -- telling

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_terminal_summary(self, terminalreporter: Any) -> Generator[None, None, None]:
        """A kata is told one failure at a time; the others wait as one line each."""
        all_at_once = self._config.getoption("--all")
        waiting = [] if all_at_once else [r for run in self._katas.values() for r in run.failures[1:]]
        with _hidden(terminalreporter, waiting):
            yield
        _tell_waiting(terminalreporter, waiting)
        self._tell_findings(terminalreporter)

    def _tell_findings(self, reporter: Any) -> None:
        notes = [finding for finding in self.findings() if finding.severity is Severity.NOTE]
        told = self.findings() if self._verbose else [f for f in self.findings() if f not in notes]
        if not told and not notes and not self._katas:
            return
        reporter.section("sensei")
        for finding in told:
            reporter.write_line(terminal.one_line(finding, width=_width(reporter), **_style(reporter)))
        if notes:
            reporter.write_line(_coverage(notes))
        for name, run in sorted(self._katas.items()):
            light = terminal.render_light(run.light(), color=_style(reporter)["color"])
            reporter.write_line(f"{name}  {light}{'' if run.light() is Light.GREEN else run.counted()}")

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_sessionfinish(self) -> Generator[None, object, object]:
        result = yield
        if self._file is not None:
            write_whole(self._file, "".join(f"{jsonl.dump_line(each)}\n" for each in self.findings()))
        self._tell_hint()
        return result

    def findings(self) -> list[Finding]:
        """Return what was found, in the order of the tests."""
        return sorted(self._findings, key=lambda finding: self._order.get(finding.nodeid, len(self._order)))

    def _tell_hint(self) -> None:
        """Print the hint last of all, where it cannot scroll away."""
        level = Level(self._config.getoption("--hints"))
        reporter = self._config.pluginmanager.get_plugin("terminalreporter")
        first = self._first_to_hint()
        if reporter is None or first is None or level is Level.NONE:
            return
        kata, steps = first
        if steps:
            shown = range(1, len(steps) + 1) if level is Level.ALL else (1,)
            following = f"kata hint {kata.partition('_')[0]}" if kata else "--hints=all"
            text = terminal.render_hints(
                steps, shown=list(shown), next_hint=following, width=_width(reporter), **_style(reporter)
            )
            reporter.ensure_newline()
            reporter.write_line("")
            reporter.write_line(text)

    def _first_to_hint(self) -> tuple[str, tuple[str, ...]] | None:
        """Return the kata ("" outside katas) and the ladder of the first failure."""
        for kata, run in sorted(self._katas.items()):
            if run.light() is not Light.GREEN:
                return kata, run.ladder
        for finding in self.findings():
            if finding.severity is Severity.ERROR:
                return "", finding.hints
        return None


class _Run:
    """What became of one kata in this run."""

    def __init__(self) -> None:
        self.failures: list[pytest.TestReport] = []
        self.ladder: tuple[str, ...] = ()
        self.could_not_run = False
        self._results: dict[str, str] = {}
        self._findings: list[Finding] = []

    def add(self, report: pytest.TestReport, found: list[Finding]) -> None:
        self._findings.extend(found)
        if report.when == "call" or not report.passed:
            self._results[report.nodeid] = report.outcome
        if report.failed:
            if not self.failures:
                self.ladder = _ladder(report, found)
            self.failures.append(report)

    def light(self) -> Light:
        results = [TestResult(name, outcome) for name, outcome in self._results.items()]
        return light_of(results, [jsonl.to_json(f) for f in self._findings], could_not_run=self.could_not_run)

    def counted(self) -> str:
        passed = sum(outcome == "passed" for outcome in self._results.values())
        return f"  {passed} of {len(self._results)} tests pass" if self._results else ""


def _ladder(report: pytest.TestReport, found: list[Finding]) -> tuple[str, ...]:
    """Return the hints of a failure: its finding's, else those for a plain failure."""
    errors = [finding for finding in found if finding.severity is Severity.ERROR]
    plain = dict(report.user_properties).get(HINT, ())
    return errors[0].hints if errors else tuple(plain)  # type: ignore[arg-type]


class _hidden:  # noqa: N801 - used as a context manager, read as a verb
    """Keeps some failures out of pytest's own listing for a while; they stay counted."""

    def __init__(self, reporter: Any, reports: list[pytest.TestReport]) -> None:
        self._stats = reporter.stats
        self._reports = {id(report) for report in reports}
        self._kept: dict[str, list[Any]] = {}

    def __enter__(self) -> None:
        for key in ("failed", "error"):
            if key in self._stats:
                self._kept[key] = self._stats[key]
                self._stats[key] = [each for each in self._stats[key] if id(each) not in self._reports]

    def __exit__(self, *exception: object) -> None:
        self._stats.update(self._kept)


def _tell_waiting(reporter: Any, waiting: list[pytest.TestReport]) -> None:
    if not waiting:
        return
    reporter.write_sep("-", f"{len(waiting)} more wait; --all shows them")
    for report in waiting:
        reporter.write_line(f"  {sentence(report.nodeid)}")


def _coverage(notes: list[Finding]) -> str:
    """Say how much the explorations without a finding have covered."""
    schedules = [note.diagnosis.schedule for note in notes if note.diagnosis.schedule is not None]
    whole = [schedule for schedule in schedules if schedule.exhausted]
    runs = sum(schedule.explored for schedule in schedules)
    tests = f"{len(notes)} test{'' if len(notes) == 1 else 's'}"
    part = len(notes) - len(whole)
    if not part:
        return f"explored {tests} in every interleaving: {runs} runs, all pass"
    return f"explored {tests}, {part} of them not in every interleaving (-v tells): {runs} runs, all pass"


def _style(reporter: Any) -> dict[str, bool]:
    writer = reporter._tw
    return {
        "unicode": supports_unicode(getattr(writer._file, "encoding", None)),
        "color": bool(writer.hasmarkup),
    }


def _width(reporter: Any) -> int:
    return int(reporter._tw.fullwidth)


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
