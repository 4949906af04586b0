"""Tells what was found: in each failure, at the end of the run, and in the report file."""

from __future__ import annotations

from contextlib import contextmanager
from itertools import chain
from typing import TYPE_CHECKING, Any

import pytest

from pytest_sensei.diagnosis import Finding, Light, Severity
from pytest_sensei.dojo.katas import kata_of
from pytest_sensei.dojo.outcome import sentence
from pytest_sensei.explain import jsonl, terminal
from pytest_sensei.explain.text import supports_unicode
from pytest_sensei.hints.catalogue import Level
from pytest_sensei.hooks import hinting
from pytest_sensei.hooks.attaching import KATA, findings_of
from pytest_sensei.hooks.explained import Explained
from pytest_sensei.hooks.files import output_file, write_whole
from pytest_sensei.hooks.kata_runs import KataRun

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator


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


class Teller:
    """Runs where the terminal is: collects what the reports carry and prints it."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._file = output_file(config, "--sensei-report")
        self._order: dict[str, int] = {}
        self._findings: list[Finding] = []
        self._katas: dict[str, KataRun] = {}
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
            self._katas.setdefault(str(kata), KataRun()).add(report, found)

    @pytest.hookimpl(tryfirst=True)
    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        kata = kata_of(self._config.rootpath / report.nodeid.partition("::")[0]) if report.nodeid else None
        if report.failed and kata is not None:
            run = self._katas.setdefault(kata.name, KataRun())
            run.could_not_run = True
            run.ladder = hinting.for_import(message=report.longreprtext, kata=kata)
        if report.skipped and kata is not None:
            run = self._katas.setdefault(kata.name, KataRun())
            run.could_not_run = True
            run.excuse(report)

    # -- telling

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_terminal_summary(self, terminalreporter: Any) -> Generator[None, None, None]:
        """A kata is told one failure at a time; the others wait as one line each."""
        all_at_once = self._config.getoption("--all")
        waiting = [] if all_at_once else [r for run in self._katas.values() for r in run.failures[1:]]
        with _hidden(terminalreporter, waiting):
            yield
        _tell_waiting(terminalreporter, waiting)
        self._tell_findings(terminalreporter, {report.nodeid for report in waiting})

    def _tell_findings(self, reporter: Any, waiting: set[str]) -> None:
        """List the findings: not the notes, unless asked for, and not those of failures that wait."""
        notes = [finding for finding in self.findings() if finding.severity is Severity.NOTE]
        hidden = [] if self._verbose else notes
        told = [f for f in self.findings() if f not in hidden and f.nodeid not in waiting]
        if not told and not notes and not self._katas:
            return
        reporter.section("sensei")
        for finding in told:
            for line in _summary(finding, reporter):
                reporter.write_line(line)
        if notes:
            reporter.write_line(_coverage(notes))
        for name, run in sorted(self._katas.items()):
            light = terminal.render_light(run.light(), color=_style(reporter)["color"])
            reporter.write_line(f"{name}  {light}{'' if run.light() is Light.GREEN else run.counted()}")
            for line in chain.from_iterable(excuse.splitlines() for excuse in run.excuses):
                reporter.write_line(f"  {line}")

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


@contextmanager
def _hidden(reporter: Any, reports: list[pytest.TestReport]) -> Iterator[None]:
    """Keep some failures out of pytest's own listing for a while; they stay counted."""
    left_out = {id(report) for report in reports}
    kept = {key: reporter.stats[key] for key in ("failed", "error") if key in reporter.stats}
    for key, listed in kept.items():
        reporter.stats[key] = [each for each in listed if id(each) not in left_out]
    try:
        yield
    finally:
        reporter.stats.update(kept)


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


def _summary(finding: Finding, reporter: Any) -> list[str]:
    if finding.severity is Severity.WARN:
        return terminal.warning_lines(finding, width=_width(reporter), **_style(reporter))
    return [terminal.one_line(finding, width=_width(reporter), **_style(reporter))]


def _style(reporter: Any) -> dict[str, bool]:
    writer = reporter._tw
    return {
        "unicode": supports_unicode(getattr(writer._file, "encoding", None)),
        "color": bool(writer.hasmarkup),
    }


def _width(reporter: Any) -> int:
    return int(reporter._tw.fullwidth)
