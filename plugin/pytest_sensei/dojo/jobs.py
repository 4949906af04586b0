"""One run of one answer against one kata, in a folder and a process of its own."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
import tempfile
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_sensei.diagnosis import JSONObject, Light
from pytest_sensei.dojo import guard
from pytest_sensei.dojo import outcome as outcomes
from pytest_sensei.dojo.journal_plugin import OUTCOME_FILE
from pytest_sensei.dojo.running import read_outcomes
from pytest_sensei.dojo.warden import Limits

if TYPE_CHECKING:
    from pytest_sensei.dojo.katas import Kata
    from pytest_sensei.dojo.outcome import Outcome

_GRACE = 30.0  # seconds beyond the limit until the warden itself is given up
_KEPT = ("PATH", "LANG", "LC_ALL", "SYSTEMROOT", "PYTHONPATH", "VIRTUAL_ENV", "LD_LIBRARY_PATH")
_START = """\
import os

try:
    from pytest_sensei.dojo.guard import install

    install()
except BaseException:  # never run an answer without its guard
    os._exit(97)
"""
_OUTPUT_TAIL = 4000  # characters kept of what a run printed


@dataclass(frozen=True, slots=True)
class Job:
    """What to run: the kata's files and the answer's content travel along, so that any host can run it."""

    id: str
    kata: str
    files: dict[str, str]  # of the kata's folder, base64
    stub: str
    answer: str | None  # base64; None: the stub itself
    limits: Limits = field(default_factory=Limits)


@dataclass(frozen=True, slots=True)
class Judged:
    """A job's end. Without an outcome, `stopped` says why there is none."""

    id: str
    outcome: Outcome | None
    stopped: str | None = None
    output: str = ""

    @property
    def light(self) -> Light:
        """The colour; what could not be judged is amber."""
        return self.outcome.light if self.outcome else Light.AMBER

    @property
    def says(self) -> str:
        """What was found, in a few words."""
        return self.stopped or (outcomes.headline(self.outcome) if self.outcome else "no outcome")


def job_for(name: str, kata: Kata, answer: bytes | None, limits: Limits) -> Job:
    """Make a job of an answer's content."""
    wanted = [kata.stub, kata.hints, kata.readme, *sorted(kata.folder.glob("*.py"))]
    files = {path.name: _pack(path.read_bytes()) for path in wanted if path.is_file()}
    return Job(name, kata.name, files, kata.stub.name, None if answer is None else _pack(answer), limits)


def run_job(job: Job) -> Judged:
    """Run a job; when this returns, nothing of it is left but what it says."""
    with tempfile.TemporaryDirectory(prefix="kata-job-", ignore_cleanup_errors=True) as folder:
        desk, told = Path(folder, "work"), Path(folder, "told")
        for place in (desk / "tmp", told):
            place.mkdir(parents=True)
        _lay_out(job, desk)
        verdict = _under_guard(job, desk, told)
        found = read_outcomes(told / "outcome.json")
        outcome = next((each for each in found if each.kata == job.kata), None)
        text = (told / "output.txt").read_text(encoding="utf-8", errors="replace")
        return Judged(job.id, outcome, _stopped(verdict, outcome), text[-_OUTPUT_TAIL:])


def to_json(value: Job | Judged) -> JSONObject:
    """Turn a job or its end into plain JSON values, to travel to a worker and back."""
    if isinstance(value, Job):
        return asdict(value)
    outcome = outcomes.to_json(value.outcome) if value.outcome else None
    return {"id": value.id, "outcome": outcome, "stopped": value.stopped, "output": value.output}


def job_from_json(value: JSONObject) -> Job:
    """Read what `to_json` wrote of a job."""
    return Job(**{**value, "limits": Limits(**value["limits"])})


def judged_from_json(value: JSONObject) -> Judged:
    """Read what `to_json` wrote of a job's end."""
    outcome = outcomes.from_json(value["outcome"]) if value["outcome"] else None
    return Judged(value["id"], outcome, value["stopped"], value["output"])


def _lay_out(job: Job, desk: Path) -> None:
    kata = desk / job.kata
    kata.mkdir()
    for name, content in job.files.items():
        (kata / name).write_bytes(base64.b64decode(content))
    if job.answer is not None:
        (desk / "answer").mkdir()
        (desk / "answer" / job.stub).write_bytes(base64.b64decode(job.answer))
    (desk / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
    (desk / "guard").mkdir()
    (desk / "guard" / "sitecustomize.py").write_text(_START, encoding="utf-8")


def _under_guard(job: Job, desk: Path, told: Path) -> JSONObject | None:
    work = {
        "command": _command(job),
        "cwd": str(desk),
        "env": _environment(desk, told),
        "output": str(told / "output.txt"),
        "limits": asdict(job.limits),
    }
    file = told / "job.json"
    file.write_text(json.dumps(work), encoding="utf-8")
    (told / "output.txt").touch()
    command = [sys.executable, "-m", "pytest_sensei.dojo.warden", str(file)]
    try:
        subprocess.run(  # noqa: S603 - our own command
            command, check=True, stdin=subprocess.DEVNULL, timeout=job.limits.seconds + _GRACE
        )
        verdict: JSONObject = json.loads(file.with_suffix(".verdict").read_text(encoding="utf-8"))
    except (subprocess.SubprocessError, OSError, ValueError):
        return None
    return verdict


def _command(job: Job) -> list[str]:
    answer = [f"--answer=answer/{job.stub}"] if job.answer is not None else []
    quiet = ["-q", "--color=no", "-p", "no:cacheprovider"]
    return [sys.executable, "-m", "pytest", job.kata, *answer, *quiet, "-c", "pytest.ini"]


def _environment(desk: Path, told: Path) -> dict[str, str]:
    """The little that a run needs: identical input is to give identical output."""
    kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
    path = os.pathsep.join([str(desk / "guard"), *filter(None, [kept.get("PYTHONPATH")])])
    folder = str(desk / "tmp")
    return {
        **kept,
        "PYTHONPATH": path,
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONHASHSEED": "0",
        "HOME": folder,
        "TMPDIR": folder,
        "COLUMNS": "80",
        guard.FOLDER: str(desk.parent),
        OUTCOME_FILE: str(told / "outcome.json"),
    }


def _stopped(verdict: JSONObject | None, outcome: Outcome | None) -> str | None:
    if verdict is None:
        return "ended together with what watched over it"
    if verdict["stopped"]:
        return str(verdict["stopped"])
    if outcome is None:
        code: Any = verdict["exit_code"]
        return f"killed by signal {-code}" if code < 0 else f"left pytest by itself, exit code {code}"
    return None


def _pack(content: bytes) -> str:
    return base64.b64encode(content).decode("ascii")
