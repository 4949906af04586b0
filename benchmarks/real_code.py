"""Other people's suites, with the plugin and without: no new failure, no hang, every finding listed.

    python benchmarks/real_code.py [--pairs=N] [--keep=DIR] [--list] [NAME...]

Each library comes from its source distribution, into an environment of its own with the plugin from this
checkout. Its suite runs in pairs, without the plugin and with it (deadlocks are errors, leaks warnings), and
is compared test by test. A failure is new when the test passed in every run without the plugin.
Needs the package index. With --keep, environments and reports stay in DIR and are used again.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import signal
import statistics
import subprocess
import sys
import tarfile
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from real_suites import SUITES, Suite

if TYPE_CHECKING:
    from collections.abc import Iterable

CHECKOUT = Path(__file__).resolve().parents[1]
LIMIT = 300  # seconds for one run of a suite; longer is a hang
PLAIN = ("-p", "no:sensei")
WATCHED = ("--sensei-deadlocks=error", "--sensei-leaks=warn", "--sensei-report=findings.jsonl")
ENDED = "sensei ended it, for the run to end: "


@dataclass(frozen=True)
class Run:
    """One run of a suite: what became of each test, and what it took."""

    outcomes: dict[str, str]
    wall: float  # seconds
    cpu: float  # seconds, with those of the processes that were waited for
    hung: bool
    findings: list[dict[str, object]] = field(default_factory=list)
    ended: list[str] = field(default_factory=list)  # what the plugin had to end for the run to end


@dataclass(frozen=True)
class Result:
    """All pairs of one library."""

    suite: Suite
    pairs: list[tuple[Run, Run]]

    def new_failures(self) -> Counter[str]:
        """Return the tests that never failed without the plugin, and how often they did with it."""
        always_well = {
            name
            for name in self.pairs[0][0].outcomes
            if all(without.outcomes.get(name) != "failed" for without, _ in self.pairs)
        }
        return Counter(
            name
            for _, watched in self.pairs
            for name in always_well
            if watched.outcomes.get(name, "missing") in {"failed", "missing"}
        )

    def findings(self) -> Counter[tuple[str, str, str, str]]:
        """Return severity, kind, place and words of each finding, and in how many tests it was made."""
        return Counter(_in_words(finding) for _, watched in self.pairs for finding in watched.findings)

    def hangs(self) -> str:
        """Return the number of runs that had to be killed: without the plugin, with it."""
        return "/".join(str(sum(pair[side].hung for pair in self.pairs)) for side in (0, 1))

    def ratio(self, of: str) -> float:
        """Return the median of the pairs' ratios of "wall" or "cpu" seconds."""
        return statistics.median(getattr(w, of) / max(getattr(p, of), 0.001) for p, w in self.pairs)


def _in_words(finding: dict[str, object]) -> tuple[str, str, str, str]:
    culprits = finding.get("culprits") or [{}]
    place = culprits[0]  # type: ignore[index]
    where = f"{place.get('file', '?')}:{place.get('line', 0)}"
    return str(finding["severity"]), str(finding["kind"]), where, str(place.get("source", ""))


# -- getting a library ready


def prepare(suite: Suite, home: Path) -> tuple[Path, Path]:
    """Return the Python of the library's environment, and the folder of its unpacked source."""
    home.mkdir(parents=True, exist_ok=True)
    python = home / "venv" / "bin" / "python"
    if not (home / "ready").exists():
        shutil.rmtree(home / "venv", ignore_errors=True)
        call(sys.executable, "-m", "venv", str(home / "venv"))
        source = unpack(suite, home)
        pip(python, "install", "--upgrade", "pip")
        pip(python, "install", suite.requirement, *suite.needs)
        (home / "ready").write_text(str(source))
    pip(python, "install", "--force-reinstall", "--no-deps", str(CHECKOUT))
    pip(python, "install", str(CHECKOUT))
    return python, Path((home / "ready").read_text())


def unpack(suite: Suite, home: Path) -> Path:
    """Fetch the source distribution and unpack it."""
    sdist = home / "sdist"
    shutil.rmtree(sdist, ignore_errors=True)
    fetch = ("download", "--no-deps", "--no-binary", suite.name, "--dest", str(sdist), suite.requirement)
    pip(Path(sys.executable), *fetch)
    with tarfile.open(next(sdist.glob("*.tar.gz"))) as archive:
        archive.extractall(sdist, filter="data")
    return next(path for path in sdist.iterdir() if path.is_dir())


def pip(python: Path, *arguments: str) -> None:
    call(str(python), "-m", "pip", "--quiet", "--disable-pip-version-check", *arguments)


def call(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)}\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}")


# -- running it


def run(suite: Suite, python: Path, source: Path, name: str, options: Iterable[str]) -> Run:
    """Run the suite once. What it prints goes to the file NAME.txt beside the source."""
    folder = source / suite.folder
    junit, report = source.parent / f"{name}.xml", folder / "findings.jsonl"
    for old in (junit, report):
        old.unlink(missing_ok=True)
    command = [str(python), "-m", "pytest", *suite.tests, *suite.options, *options]
    command += ["-p", "no:cacheprovider", "-o", "addopts=", "-o", "timeout=100", f"--junitxml={junit}", "-q"]
    environment = {**os.environ, **suite.environment, "NO_COLOR": "1"}
    environment.pop("PYTHONPATH", None)
    output = source.parent / f"{name}.txt"
    began = time.perf_counter()
    with output.open("wb") as out:
        process = subprocess.Popen(
            command,
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            start_new_session=True,
        )
        cpu, hung = wait_for(process)
    wall = time.perf_counter() - began
    lines = output.read_text(errors="replace").splitlines()
    ended = [line.partition(ENDED)[2] for line in lines if ENDED in line]
    findings = [json.loads(line) for line in report.read_text().splitlines()] if report.exists() else []
    return Run(outcomes(junit), wall, cpu, hung, findings, ended)


def wait_for(process: subprocess.Popen[bytes]) -> tuple[float, bool]:
    """Wait for a run's end, or end it; return its CPU seconds and whether it hung."""
    signal.signal(signal.SIGALRM, lambda *_: os.killpg(process.pid, signal.SIGKILL))
    signal.alarm(LIMIT)
    _, status, usage = os.wait4(process.pid, 0)
    signal.alarm(0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return usage.ru_utime + usage.ru_stime, process.returncode == -signal.SIGKILL


def outcomes(junit: Path) -> dict[str, str]:
    """Return what became of each test: passed, failed or skipped."""
    if not junit.exists():
        return {}
    found: dict[str, str] = {}
    for case in ET.parse(junit).iter("testcase"):
        name = f"{case.get('classname')}::{case.get('name')}"
        verdicts = {child.tag for child in case}
        if verdicts & {"failure", "error"} or found.get(name) == "failed":
            found[name] = "failed"
        else:
            found[name] = "skipped" if "skipped" in verdicts else "passed"
    return found


def measure(suite: Suite, home: Path, pairs: int) -> Result:
    python, source = prepare(suite, home)
    run(suite, python, source, "warm", ("--collect-only", *WATCHED))  # compiles what was just installed
    done = []
    for number in range(pairs):
        sides = [
            run(suite, python, source, f"{side}-{number}", options)
            for side, options in (("plain", PLAIN), ("watched", WATCHED))
        ]
        done.append((sides[0], sides[1]))
    return Result(suite, done)


# -- telling


HEADER = f"| {'library':<24} | tests | fail w/o | new | hangs w/o, with | findings | seconds | wall | cpu |"


def row(result: Result) -> str:
    without, watched = result.pairs[0]
    counts = Counter(without.outcomes.values())
    per_run = Counter(f"{f['kind']} ({f['severity']})" for f in watched.findings)
    found = ", ".join(f"{count} {kind}" for kind, count in sorted(per_run.items())) or "none"
    seconds = statistics.median(plain.wall for plain, _ in result.pairs)
    return (
        f"| {result.suite.requirement:<24} | {counts['passed'] + counts['failed']} | {counts['failed']} "
        f"| {len(result.new_failures())} | {result.hangs()} | {found} "
        f"| {seconds:.1f} | {result.ratio('wall'):.3f} | {result.ratio('cpu'):.3f} |"
    )


def details(result: Result) -> list[str]:
    lines = [f"new failure ({count}x): {name}" for name, count in sorted(result.new_failures().items())]
    for (severity, kind, where, source), count in sorted(result.findings().items()):
        lines.append(f"{severity} {kind} {count}x {where}  {source}")
    ended = Counter(line for _, watched in result.pairs for line in watched.ended)
    lines += [f"ended for the run to end, {count}x: {line}" for line, count in sorted(ended.items())]
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", help="libraries; all if none is named")
    parser.add_argument("--pairs", type=int, default=3, help="pairs of runs (3)")
    parser.add_argument("--keep", type=Path, help="keep environments and reports here")
    parser.add_argument(
        "--list", action="store_true", help="say which suites there are, and which part of them"
    )
    options = parser.parse_args()
    chosen = [suite for suite in SUITES if not options.names or suite.name in options.names]
    unknown = set(options.names) - {suite.name for suite in SUITES}
    if unknown:
        parser.error(f"unknown: {', '.join(sorted(unknown))}; one of {', '.join(s.name for s in SUITES)}")
    if options.list:
        for suite in chosen:
            print(f"{suite.requirement:<28} {suite.part}")
        return
    print(f"Python {platform.python_version()} on {sys.platform}, load {os.getloadavg()[0]:.1f}\n")
    print(HEADER, "|---" * 9 + "|", sep="\n", flush=True)
    with tempfile.TemporaryDirectory() as scratch:
        results = [told(suite, options.keep or Path(scratch), options.pairs) for suite in chosen]
    for result in results:
        if result is not None and (lines := details(result)):
            print(f"\n{result.suite.requirement}", *lines, sep="\n  ")


def told(suite: Suite, work: Path, pairs: int) -> Result | None:
    home = (work / f"{suite.name}-{sys.version_info.major}.{sys.version_info.minor}").resolve()
    try:
        result = measure(suite, home, pairs)
    except RuntimeError as error:
        print(f"| {suite.requirement:<24} | could not be set up: {str(error)[-300:]!r} |", flush=True)
        return None
    print(row(result), flush=True)
    return result


if __name__ == "__main__":
    main()
