"""What `kata verify` and `kata grade` print."""

from __future__ import annotations

import json
from collections import Counter as Tally
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.markup import escape

from pytest_sensei.diagnosis import Light
from pytest_sensei.dojo.grade import table
from pytest_sensei.dojo.screen import LIGHT_STYLES, light_tag
from pytest_sensei.dojo.verify import MISTAKE, RIGHT, STUB

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pytest_sensei.dojo.grade import Grade
    from pytest_sensei.dojo.jobs import Judged
    from pytest_sensei.dojo.katas import Kata
    from pytest_sensei.dojo.screen import Screen
    from pytest_sensei.dojo.verify import Case, Complaint


@dataclass(slots=True)
class Counter:
    """Counts the jobs that have ended, on one line of a terminal; silent elsewhere."""

    screen: Screen
    total: int
    done: int = 0

    def count(self, judged: Judged) -> None:
        """Hear of a job's end."""
        self.done += 1
        if not self.screen.plain:
            end = "\n" if self.done == self.total else ""
            self.screen.console.file.write(f"\r\x1b[K{self.done} of {self.total}  {judged.id[:60]}{end}")
            self.screen.console.file.flush()


def verified(
    screen: Screen, katas: Sequence[Kata], cases: Sequence[Case], complaints: Sequence[Complaint]
) -> None:
    """Show a row for each kata, then every complaint."""
    bad = Tally(complaint.kata for complaint in complaints)
    screen.line("       kata                      stub  right  mistakes  complaints")
    for kata in katas:
        mine = Tally(case.role for case in cases if case.kata == kata)
        mark = "[red]wrong[/]" if bad[kata.name] else "[green]ok[/]   "
        counts = f"{mine[STUB]:4}  {mine[RIGHT]:5}  {mine[MISTAKE]:8}  {bad[kata.name] or '':>10}"
        screen.marked(f"{mark}  {kata.name:24}  {counts}".rstrip())
    for complaint in complaints:
        screen.line()
        screen.marked(f"[bold]{escape(complaint.kata)}  {escape(complaint.about)}[/]")
        screen.wrapped(complaint.says, indent="    ")
    ends = f"katas: {len(katas)}, runs: {len(cases)}, complaints: {len(complaints)}"
    screen.line()
    screen.line(ends)


def graded(screen: Screen, grades: Sequence[Grade], everybody: Iterable[str] = ()) -> None:
    """Show the table of persons and katas, then what was found."""
    katas, rows = table(grades, everybody)
    width = max([len(person) for person, _ in rows] + [6])
    numbers = "  ".join(name[:2] for name in katas)
    screen.line(f"{'person':{width}}  {numbers}  green")
    for person, lights in rows:
        cells = "  ".join(_cell(light) for light in lights)
        green = sum(light is Light.GREEN for light in lights)
        screen.marked(f"{escape(person.ljust(width))}  {cells}  {green:5}")
    for each in grades:
        if each.judged.light is not Light.GREEN:
            screen.line()
            name = escape(f"{each.submission.person}  {each.submission.kata.name}")
            screen.marked(f"{light_tag(each.judged.light)} {name}")
            screen.wrapped(each.judged.says, indent="    ")


def json_text(value: object) -> str:
    """Write a value for programs."""
    return json.dumps(value, indent=2) + "\n"


def _cell(light: Light | None) -> str:
    return " -" if light is None else f" [{LIGHT_STYLES[light]}]{light.value}[/]"
