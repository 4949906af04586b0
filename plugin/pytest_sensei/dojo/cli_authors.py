"""The commands of `kata` for authors and teachers: verify, new, grade. Wiring only."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pytest_sensei.dojo import grade as grading
from pytest_sensei.dojo import scaffold, telling_authors
from pytest_sensei.dojo import verify as verifying
from pytest_sensei.dojo.desk import Desk
from pytest_sensei.dojo.katas import katas_under, shown
from pytest_sensei.dojo.spread import spread
from pytest_sensei.dojo.warden import Limits
from pytest_sensei.dojo.workspace import WorkspaceError, find_kata, shipped_katas

if TYPE_CHECKING:
    from collections.abc import Mapping


def _as_for_xdist(_context: object, _option: object, value: str) -> str:
    if value not in {"auto", "logical"} and not value.isdecimal():
        raise click.BadParameter(f"{value!r} is not a number of processes, 'auto' or 'logical'")
    return value


workers = click.option(
    "-n",
    "workers",
    default="auto",
    show_default=True,
    callback=_as_for_xdist,
    help="Processes, as for pytest-xdist.",
)
_OVER_0 = click.FloatRange(0, min_open=True)
_FROM_1 = click.IntRange(1)
_FILE = click.Path(dir_okay=False, path_type=Path)


@click.command()
@click.argument("katas", nargs=-1)
@workers
def verify(*, katas: tuple[str, ...], workers: str) -> None:
    """For authors: stubs fail, right answers pass, mistakes fail for their reason, nothing is missing."""
    desk = Desk.here()
    chosen = [desk.workspace.find(name) for name in katas] or list(desk.workspace.katas)
    cases = [case for kata in chosen for case in verifying.cases(kata)]
    missing = [complaint for kata in chosen for complaint in verifying.incomplete(kata)]
    progress = telling_authors.Counter(desk.screen, len(cases))
    judged = spread(verifying.jobs(cases, Limits()), ["-n", workers], progress.count)
    complaints = [*missing, *verifying.judge(cases, judged)]
    telling_authors.verified(desk.screen, chosen, cases, complaints)
    sys.exit(1 if complaints else 0)


@click.command()
@click.argument("name")
def new(*, name: str) -> None:
    """For authors: write the first files of a kata NN_slug."""
    desk = Desk.here()
    files = scaffold.new_kata(desk.workspace.katas[0].folder.parent, name)
    for file in files:
        desk.screen.line(f"wrote  {shown(file)}")
    desk.screen.line(f"next   kata verify {name.partition('_')[0]}")


@click.command()
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--kata", help="The kata that files of any name answer.")
@click.option(
    "--katas", "folder", type=click.Path(path_type=Path), help="The katas (default: the package's)."
)
@workers
@click.option(
    "--tx", multiple=True, metavar="SPEC", help="Where to run, as for pytest-xdist: ssh=host//python=python3."
)
@click.option("--json", "json_file", type=_FILE, help="Write the grades as JSON.")
@click.option("--csv", "csv_file", type=_FILE, help="Write the grades for a spreadsheet.")
@click.option("--junit", "junit_file", type=_FILE, help="Write the grades as JUnit XML.")
@click.option(
    "--seconds", default=60.0, type=_OVER_0, show_default=True, help="Time for one submission and kata."
)
@click.option(
    "--memory",
    default=1024,
    type=_FROM_1,
    show_default=True,
    help="Megabytes for one, with all its processes.",
)
@click.option("--processes", default=64, type=_FROM_1, show_default=True, help="Processes of one at a time.")
def grade(
    *,
    paths: tuple[Path, ...],
    kata: str | None,
    folder: Path | None,
    workers: str,
    tx: tuple[str, ...],
    json_file: Path | None,
    csv_file: Path | None,
    junit_file: Path | None,
    seconds: float,
    memory: int,
    processes: int,
) -> None:
    """For teachers: run everybody's answers, each in a process of its own."""
    desk = Desk.anywhere()
    _check_folders({"--json": json_file, "--csv": csv_file, "--junit": junit_file})
    katas = katas_under((folder or shipped_katas()).absolute())
    if not katas:
        raise WorkspaceError(f"{folder} holds no katas")
    submissions = grading.collect(paths, katas, find_kata(katas, kata) if kata else None)
    jobs, refused = grading.jobs(submissions, Limits(seconds, memory, processes))
    where = ["--dist=load", *(f"--tx={spec}" for spec in tx)] if tx else ["-n", workers]
    judged = spread(jobs, where, telling_authors.Counter(desk.screen, len(jobs)).count)
    graded = grading.grades(submissions, {**judged, **refused})
    telling_authors.graded(desk.screen, graded, grading.persons(paths, katas))
    for file, text in (
        (json_file, telling_authors.json_text(grading.to_json(graded))),
        (csv_file, grading.to_csv(graded)),
        (junit_file, grading.to_junit(graded)),
    ):
        if file is not None:
            file.write_text(text, encoding="utf-8", newline="")


def _check_folders(files: Mapping[str, Path | None]) -> None:
    """Say it before an hour of grading, not after."""
    for option, file in files.items():
        if file is not None and not file.absolute().parent.is_dir():
            raise WorkspaceError(f"{option} {file}: there is no folder {file.parent}")
