"""What `kata` prints about progress, hints, attempts and the journal: values in, lines out."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from rich.markup import escape

from pytest_sensei.dojo import outcome as outcomes
from pytest_sensei.dojo import reading
from pytest_sensei.dojo.katas import shown
from pytest_sensei.dojo.outcome import headline
from pytest_sensei.dojo.running import next_step
from pytest_sensei.dojo.screen import LIGHT_STYLES, LIGHT_WORDS, bar, heading, light_tag
from pytest_sensei.dojo.update import Fate

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_sensei.diagnosis import JSONObject
    from pytest_sensei.dojo.attempts import Attempt, Change
    from pytest_sensei.dojo.doctor import Check
    from pytest_sensei.dojo.journal import Run
    from pytest_sensei.dojo.katas import Kata
    from pytest_sensei.dojo.outcome import Outcome
    from pytest_sensei.dojo.progress import Progress, Rung, Standing
    from pytest_sensei.dojo.reading import Design, Mistake
    from pytest_sensei.dojo.screen import Screen
    from pytest_sensei.dojo.update import Step


def status(screen: Screen, progress: Progress) -> None:
    """Tell where the learner is: how far, which kata, its last light, the next step."""
    total = len(progress.standings)
    drawn = "" if screen.plain else bar(progress.done, total, 30, unicode=screen.unicode) + "  "
    screen.marked(f"[green]{drawn}[/]{progress.done} of {total} katas done")
    current = progress.current
    if current is None:
        screen.line("All katas are done. `kata log` and `kata mistakes NN` are for looking back.")
        return
    screen.line()
    title = escape(heading(current.kata))
    screen.marked(f"{light_tag(current.light)} [bold]{title}[/]  {escape(_tries(current))}")
    if current.says:
        screen.wrapped(current.says, indent="    ")
    screen.line(f"    edit   {shown(current.kata.stub)}")
    screen.line(f"    next   {_next(current)}")


def kata_list(screen: Screen, progress: Progress, part: int | None) -> None:
    """List the katas with lights, attempts and hints used."""
    standings = [each for each in progress.standings if part in {None, each.kata.part}]
    screen.line("light  kata                            runs  hints")
    for number in sorted({each.kata.part for each in standings}):
        screen.line(f"part {number}")
        for each in (each for each in standings if each.kata.part == number):
            screen.marked(_list_line(each, current=each == progress.current))
    done = f"{progress.done} of {len(progress.standings)} done"
    screen.line(f"{done}. G green, R red, A amber, B black; * is done")


def kata_page(screen: Screen, kata: Kata) -> None:
    """Show a kata's README and the file to edit."""
    text = kata.readme.read_text(encoding="utf-8") if kata.readme.is_file() else f"# {heading(kata)}\n"
    screen.markdown(text)
    screen.line()
    screen.line(f"edit   {shown(kata.stub)}")
    screen.line(f"run    kata run {kata.number}, or kata watch {kata.number}")


def run_end(screen: Screen, kata: Kata, outcome: Outcome | None) -> None:
    """Tell the light of a run and the next step."""
    if outcome is None:
        screen.marked(f"{escape(kata.name)}  the run did not end by itself")
    else:
        word = LIGHT_WORDS[outcome.light]
        text = f"{escape(kata.name)}  {word}: {escape(headline(outcome))}"
        screen.marked(f"{light_tag(outcome.light)} {text}")
    screen.line(f"next   {next_step(kata, outcome)}")


def hints(screen: Screen, kata: Kata, rungs: Sequence[Rung]) -> None:
    """Show rungs of a ladder."""
    for rung in rungs:
        again = "" if rung.fresh else ", again: it is the last one"
        screen.marked(
            f"[bold cyan]hint {rung.number} of {len(rung.ladder)}[/] for {escape(kata.name)}{again}"
        )
        screen.wrapped(rung.text, indent="  ")
    if rungs and rungs[-1].number < len(rungs[-1].ladder):
        screen.line(f"more   kata hint {kata.number}")


def change(screen: Screen, done: Change, what: str, *, undo: bool = True) -> None:
    """Tell what happened to a stub, where the old content is, and how to take it back."""
    if not done.changed:
        screen.line(f"{shown(done.stub)} is so already: nothing was changed")
        return
    back = " (take it back: kata undo)" if undo and done.kept is not None else ""
    screen.line(f"{shown(done.stub)} {what}{back}")
    if done.kept is not None:
        screen.line(f"kept   {shown(done.kept)}")


def attempt_list(screen: Screen, kata: Kata, attempts: Sequence[Attempt]) -> None:
    """List the kept attempts of a kata."""
    if not attempts:
        screen.line(f"no attempts of {kata.name} are kept: `kata reset {kata.number}` keeps one")
        return
    for attempt in attempts:
        screen.line(f"{attempt.number:3}  {attempt.when}  before {attempt.why:8} {shown(attempt.path)}")
    screen.line(f"back   kata attempts {kata.number} --restore {attempts[-1].number}")


def checks(screen: Screen, found: Sequence[Check]) -> None:
    """Show what the doctor saw."""
    width = max(len(check.name) for check in found)
    for check in found:
        mark = "[green]ok[/]  " if check.fine else "[yellow]fix[/] "
        screen.marked(f"{mark} {escape(check.name.ljust(width))}  {escape(check.says)}")
        if check.fix:
            screen.line(f"     {'':{width}}  {check.fix}")


def log(screen: Screen, katas: Sequence[Kata], runs: Sequence[Run]) -> None:
    """Show the lights of each kata as a timeline, and the last runs in words."""
    if not runs and len(katas) == 1:
        screen.line(f"the journal has no run of {katas[0].name} yet")
    elif not runs:
        screen.line("the journal is empty: it begins with the first run of a kata")
    for kata in katas:
        mine = [run for run in runs if run.kata == kata.name]
        if not mine:
            continue
        lights = "".join(_light_of_run(run, coloured=not screen.plain) for run in mine[-60:])
        more = "..." if len(mine) > 60 else ""
        screen.marked(f"{escape(kata.name)}  {more}{lights}  {_counted(len(mine), 'run')}")
        if len(katas) == 1:
            for run in mine[-20:]:
                screen.marked(run_line(run))


def run_line(run: Run) -> str:
    """Write a run of the journal as one line of markup."""
    at = dt.datetime.fromtimestamp(run.started).astimezone()
    if run.outcome is None:
        return f"{at:%Y-%m-%d %H:%M:%S}  {escape('[-]')} killed, or still at work"
    return f"{at:%Y-%m-%d %H:%M:%S}  {light_tag(run.outcome.light)} {escape(headline(run.outcome))}"


def _light_of_run(run: Run, *, coloured: bool) -> str:
    if run.outcome is None:
        return "-"
    light = run.outcome.light
    return f"[{LIGHT_STYLES[light]}]{light.value}[/]" if coloured else light.value


def _tries(standing: Standing) -> str:
    parts = [_counted(standing.runs, "run") if standing.runs else "not tried yet"]
    if standing.hints:
        parts.append(_counted(standing.hints, "hint"))
    return ", ".join(parts)


def _counted(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def _next(standing: Standing) -> str:
    if standing.runs == 0:
        return f"kata start {standing.kata.number}"
    return f"kata run {standing.kata.number}, or kata hint {standing.kata.number}"


def _list_line(standing: Standing, *, current: bool) -> str:
    name = f"{standing.kata.name:30.30}"
    done = "*" if standing.done else " "
    here = "  <- here" if current else ""
    counts = f"{standing.runs or '':>4}  {standing.hints or '':>5}"
    return f" {light_tag(standing.light)}{done}  {escape(name)}  {counts}{here}".rstrip()


def solution(screen: Screen, kata: Kata, best: Design, others: Sequence[Design], *, whole: bool) -> None:
    """Show the reference, and name the other designs with what they say about themselves."""
    if whole:
        screen.code(best.path.read_text(encoding="utf-8"), "python")
    else:
        text = reading.difference(kata, best.path)
        screen.code(text or f"your {kata.stub.name} is the reference solution, word for word\n", "diff")
    for design in others:
        screen.line()
        screen.marked(f"[bold]another design: {escape(design.name)}[/]")
        screen.wrapped(design.says, indent="  ")
        screen.line(f"  {shown(design.path)}")


def mistake_list(screen: Screen, kata: Kata, found: Sequence[Mistake]) -> None:
    """List the classic wrong answers of a kata."""
    if not found:
        screen.line(f"no mistakes of {kata.name} are kept here")
        return
    for each in found:
        screen.marked(f"[bold]{escape(each.name)}[/]  {escape(', '.join(each.kinds))}")
        screen.wrapped(each.says, indent="    ")
    screen.line(f"one    kata mistakes {kata.number} {found[0].name}")


def mistake(screen: Screen, each: Mistake) -> None:
    """Show a wrong answer; its run comes after."""
    screen.code(each.path.read_text(encoding="utf-8"), "python")


def update(screen: Screen, steps: Sequence[Step]) -> None:
    """Tell what an update did."""
    for step in steps:
        if step.fate in {Fate.ADDED, Fate.REPLACED, Fate.REMOVED}:
            screen.line(f"{step.fate.value:9} {step.file.as_posix()}")
    for step in steps:
        if step.fate is Fate.BESIDE:
            beside = step.beside.as_posix()
            screen.line(f"kept      {step.file.as_posix()}: yours; the new version is {beside}")
            screen.code(step.difference, "diff")
    if all(step.fate in {Fate.SAME, Fate.KEPT} for step in steps):
        screen.line("the katas are up to date")


def attempt_json(attempt: Attempt) -> JSONObject:
    """Turn a kept attempt into plain JSON values."""
    place = {"file": str(attempt.path)}
    return {"number": attempt.number, "when": attempt.when, "before": attempt.why, **place}


def mistake_json(each: Mistake) -> JSONObject:
    """Turn a classic wrong answer into plain JSON values."""
    return {"name": each.name, "says": each.says, "kinds": list(each.kinds), "file": str(each.path)}


def run_json(run: Run) -> JSONObject:
    """Turn a run of the journal into plain JSON values."""
    outcome = outcomes.to_json(run.outcome) if run.outcome else None
    times = {"started": run.started, "ended": run.ended}
    return {"id": run.id, "kata": run.kata, **times, "snapshot": run.snapshot, "outcome": outcome}
