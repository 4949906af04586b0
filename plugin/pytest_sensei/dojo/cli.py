"""The command `kata`: wiring only. Each command reads, calls a part of the dojo, and prints."""

from __future__ import annotations

import contextlib
import functools
import io
import os
import shlex
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pytest_sensei.dojo import attempts as attempts_of_katas
from pytest_sensei.dojo import cli_authors, reading, telling
from pytest_sensei.dojo import progress as standing
from pytest_sensei.dojo.answers import AnswerError
from pytest_sensei.dojo.desk import Desk
from pytest_sensei.dojo.journal import JournalError
from pytest_sensei.dojo.katas import KataError, shown
from pytest_sensei.dojo.spread import SpreadError
from pytest_sensei.dojo.workspace import OWN_FOLDER, WorkspaceError, shipped_katas

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_sensei.dojo.katas import Kata

_EXPECTED = (WorkspaceError, AnswerError, KataError, JournalError, SpreadError)
as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON, for programs.")
which_kata = click.argument("kata", required=False)


def errors_in_one_line(command: Callable[..., Any]) -> Callable[..., Any]:
    """Turn what may go wrong in a user's hands into one line and exit code 2."""

    @functools.wraps(command)
    def wrapped(*arguments: Any, **options: Any) -> Any:
        try:
            return command(*arguments, **options)
        except _EXPECTED as error:
            message = str(error)
        except OSError as error:
            message = f"{error.filename or ''}: {error.strerror or error}".lstrip(": ")
        raise click.ClickException(message)

    return wrapped


class _Group(click.Group):
    """Commands whose expected errors are one line."""

    def invoke(self, ctx: click.Context) -> Any:
        return errors_in_one_line(super().invoke)(ctx)


_HELP = {"help_option_names": ["-h", "--help"]}


@click.group(cls=_Group, invoke_without_command=True, context_settings=_HELP)
@click.version_option(package_name="pytest-sensei")
@as_json
@click.pass_context
def main(ctx: click.Context, *, as_json: bool) -> None:
    """Concurrency katas, one step at a time. Alone: where am I, and what is next?"""
    _never_fail_to_print()
    if ctx.invoked_subcommand is not None:
        return
    desk = Desk.here()
    progress = desk.progress()
    if as_json:
        current = standing.to_json(progress.current) if progress.current else None
        desk.screen.json({"done": progress.done, "total": len(progress.standings), "current": current})
    else:
        telling.status(desk.screen, progress)


def _never_fail_to_print() -> None:
    """Write what the terminal's encoding lacks as escapes: a learner's text can be anything."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


@main.command("list")
@click.option("--part", type=int, help="Only the katas of this part.")
@as_json
def list_(*, part: int | None, as_json: bool) -> None:
    """List all katas with lights, runs and hints used."""
    desk = Desk.here()
    progress = desk.progress()
    parts = sorted({each.kata.part for each in progress.standings})
    if part is not None and part not in parts:
        raise WorkspaceError(f"there is no part {part}: the parts are {', '.join(map(str, parts))}")
    if as_json:
        chosen = [each for each in progress.standings if part in {None, each.kata.part}]
        desk.screen.json([standing.to_json(each) for each in chosen])
    else:
        telling.kata_list(desk.screen, progress, part)


@main.command()
@click.argument("kata")
@click.option("--edit", is_flag=True, help="Open the file in $EDITOR.")
def start(*, kata: str, edit: bool) -> None:
    """Show a kata's README and the file to edit, and make it the current one."""
    desk = Desk.here()
    _start(desk, desk.workspace.find(kata), edit=edit)


@main.command("next")
@click.option("--edit", is_flag=True, help="Open the file in $EDITOR.")
def next_(*, edit: bool) -> None:
    """Go to the next kata that is not done."""
    desk = Desk.here()
    progress = desk.progress()
    current = progress.current
    if current is not None and current.runs and not current.done:
        current = standing.next_after(progress.standings, current) or current
    if current is None:
        telling.status(desk.screen, progress)
    else:
        _start(desk, current.kata, edit=edit)


def _start(desk: Desk, kata: Kata, *, edit: bool) -> None:
    desk.note(kata, standing.STARTED)
    telling.kata_page(desk.screen, kata)
    if edit:
        editor = shlex.split(os.environ.get("VISUAL") or os.environ.get("EDITOR") or "vi")
        with contextlib.suppress(KeyboardInterrupt):
            subprocess.run([*editor, str(kata.stub)], check=False)  # noqa: S603 - the user's own editor


@main.command(context_settings={"ignore_unknown_options": True})
@which_kata
@click.argument("pytest_options", nargs=-1, type=click.UNPROCESSED)
def run(*, kata: str | None, pytest_options: tuple[str, ...]) -> None:
    """Run a kata's tests; everything after -- goes to pytest."""
    kata, pytest_options = _split(kata, pytest_options)
    desk = Desk.here()
    sys.exit(desk.run(desk.kata(kata), pytest_options))


@main.command(context_settings={"ignore_unknown_options": True})
@which_kata
@click.argument("pytest_options", nargs=-1, type=click.UNPROCESSED)
def watch(*, kata: str | None, pytest_options: tuple[str, ...]) -> None:
    """Run a kata's tests at every save, and show the diagnosis first."""
    from pytest_sensei.dojo.watch import watch as watch_kata

    kata, pytest_options = _split(kata, pytest_options)
    desk = Desk.here()
    chosen = desk.kata(kata)
    desk.note(chosen, standing.STARTED)
    watch_kata(desk, chosen, pytest_options)


def _split(kata: str | None, pytest_options: tuple[str, ...]) -> tuple[str | None, tuple[str, ...]]:
    """Without a kata, the first option for pytest stands in its place."""
    if kata is not None and kata.startswith("-"):
        return None, (kata, *pytest_options)
    return kata, pytest_options


@main.command()
@which_kata
@click.option("--all", "all_", is_flag=True, help="Show the whole ladder.")
@as_json
def hint(*, kata: str | None, all_: bool, as_json: bool) -> None:
    """Show the next hint for the last diagnosis of a kata."""
    desk = Desk.here()
    chosen = desk.kata(kata)
    rungs = desk.hints(chosen, all_=all_)
    if as_json:
        shown_now = [{"number": rung.number, "of": len(rung.ladder), "text": rung.text} for rung in rungs]
        desk.screen.json({"kata": chosen.name, "hints": shown_now})
        return
    telling.hints(desk.screen, chosen, rungs)
    if not rungs:
        desk.screen.line(desk.no_hint(chosen))


@main.command()
@click.argument("kata")
@click.option("--yes", is_flag=True, help="Do not ask.")
def reset(*, kata: str, yes: bool) -> None:
    """Bring a kata's stub back as it came. What you wrote is kept."""
    desk = Desk.here()
    chosen = desk.workspace.find(kata)
    if not yes and sys.stdin.isatty():
        click.confirm(f"Replace {shown(chosen.stub)} by the stub? Yours is kept", default=True, abort=True)
    done = attempts_of_katas.reset(desk.workspace, chosen)
    if done.changed:
        desk.note(chosen, standing.RESET)
    telling.change(desk.screen, done, "is the stub again")


@main.command()
@click.argument("kata")
@click.option("--restore", type=int, metavar="K", help="Bring attempt K back.")
@as_json
def attempts(*, kata: str, restore: int | None, as_json: bool) -> None:
    """List the attempts that were kept, or bring one back."""
    desk = Desk.here()
    chosen = desk.workspace.find(kata)
    if restore is not None:
        done = attempts_of_katas.restore(desk.workspace, chosen, restore)
        if done.changed:
            desk.note(chosen, standing.RESTORE)
        telling.change(desk.screen, done, f"is attempt {restore} again")
        return
    found = attempts_of_katas.attempts_of(desk.workspace, chosen)
    if as_json:
        desk.screen.json([telling.attempt_json(each) for each in found])
    else:
        telling.attempt_list(desk.screen, chosen, found)


@main.command()
def undo() -> None:
    """Take the last reset or restore back."""
    desk = Desk.here()
    done = attempts_of_katas.undo(desk.workspace)
    desk.note(desk.workspace.find(done.kata), standing.UNDO)
    telling.change(desk.screen, done, "is as it was before the last reset or restore", undo=False)


@main.command()
@click.argument("kata")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--whole", is_flag=True, help="The whole file instead of the difference to yours.")
def solution(*, kata: str, yes: bool, whole: bool) -> None:
    """Show the reference solution beside your file, and other designs."""
    desk = Desk.here()
    chosen = desk.workspace.find(kata)
    best = reading.reference(chosen)
    if not desk.progress().of(chosen).done:
        if not yes:
            click.confirm(f"{chosen.name} is not green yet. Look at the solution?", default=False, abort=True)
        desk.note(chosen, standing.SOLUTION)
    telling.solution(desk.screen, chosen, best, reading.other_designs(chosen), whole=whole)


@main.command()
@click.argument("kata")
@click.argument("name", required=False)
@click.option("--yes", is_flag=True, help="Also before the kata is green.")
@as_json
def mistakes(*, kata: str, name: str | None, yes: bool, as_json: bool) -> None:
    """After green: the classic wrong answers with their diagnoses; with NAME, one of them and its run."""
    desk = Desk.here()
    chosen = desk.workspace.find(kata)
    if not yes and not desk.progress().of(chosen).done:
        raise WorkspaceError(f"mistakes are told when a kata is green (or: kata mistakes {kata} --yes)")
    found = reading.mistakes(chosen)
    if name is not None:
        mistake = next((each for each in found if each.name == name), None)
        if mistake is None:
            raise WorkspaceError(f"{chosen.name} has no mistake {name!r}: `kata mistakes {kata}` lists them")
        telling.mistake(desk.screen, mistake)
        desk.run(chosen, (f"--answer={mistake.path}",), told=False)  # it fails, as it should
        return
    if as_json:
        desk.screen.json([telling.mistake_json(each) for each in found])
    else:
        telling.mistake_list(desk.screen, chosen, found)


@main.command()
@click.argument("folder", type=click.Path(path_type=Path), default=Path(OWN_FOLDER))
def init(*, folder: Path) -> None:
    """Write the katas into a new folder of your own (default: my-katas)."""
    from pytest_sensei.dojo import update

    desk = Desk.anywhere()
    count = update.init(folder, shipped_katas())
    desk.screen.line(f"{count} katas are in {shown(folder.absolute())}")
    desk.screen.line(f"next   cd {shown(folder.absolute())} && kata")


@main.command("update")
def update_() -> None:
    """Bring new katas and fixes from the installed package into a folder made by `kata init`."""
    from pytest_sensei.dojo import update

    desk = Desk.here()
    steps = update.plan_update(desk.workspace.root, shipped_katas())
    update.apply_update(desk.workspace.root, steps)
    telling.update(desk.screen, steps)


@main.command()
@as_json
def doctor(*, as_json: bool) -> None:
    """Look at what this machine has and lacks for the katas."""
    from pytest_sensei.dojo.doctor import examine

    desk = Desk.anywhere()
    found = examine()
    if as_json:
        desk.screen.json([{"name": c.name, "fine": c.fine, "says": c.says, "fix": c.fix} for c in found])
    else:
        telling.checks(desk.screen, found)


@main.command()
@which_kata
@as_json
def log(*, kata: str | None, as_json: bool) -> None:
    """Show the lights of your runs as a timeline."""
    desk = Desk.here()
    katas = [desk.workspace.find(kata)] if kata else list(desk.workspace.katas)
    runs = desk.runs(katas[0] if kata else None)
    if as_json:
        desk.screen.json([telling.run_json(run) for run in runs])
    else:
        telling.log(desk.screen, katas, runs)


@main.command()
@click.argument("kata")
@as_json
def replay(*, kata: str, as_json: bool) -> None:
    """Step through your attempts at a kata: what changed from run to run, and the light of each."""
    from pytest_sensei.dojo import retrospect

    desk = Desk.here()
    chosen = desk.workspace.find(kata)
    steps = retrospect.steps(desk.runs(chosen), desk.snapshot, chosen.stub.name)
    if as_json:
        desk.screen.json([retrospect.to_json(step) for step in steps])
    else:
        retrospect.show(desk.screen, chosen, steps)


for _name in ("verify", "new", "grade"):
    main.add_command(getattr(cli_authors, _name))
