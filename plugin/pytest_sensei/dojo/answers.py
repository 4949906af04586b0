"""`--answer=PATH` and `--solutions`: run the katas' tests against other files than the stubs."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from pytest_sensei.dojo.katas import Kata, KataError, katas_in, shown

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_sensei.dojo.redirect import Redirection

PACKAGE = Path(__file__).resolve().parents[1]
_WORKER_INPUT = "sensei_answers"
_REDIRECTION: pytest.StashKey[Redirection] = pytest.StashKey()


class AnswerError(Exception):
    """An answer was not found; the text is one line that lists what was looked for."""


def add_options(parser: pytest.Parser) -> None:
    """Add the options to pytest's command line."""
    group = parser.getgroup("sensei", "concurrency katas")
    group.addoption(
        "--answer",
        metavar="PATH",
        help="run the katas' tests against this file instead of the stub, or against the files in this folder"
        " (PATH/<stub> or PATH/NN_slug/<stub>)",
    )
    group.addoption("--solutions", action="store_true", help="run the katas' tests against the solutions")


def configure(config: pytest.Config) -> None:
    """Find the answers and redirect the katas' imports to them. Does nothing without the options."""
    answers = _answers_from_controller(config)
    if answers is None:
        answers = _answers_from_options(config)
    if not answers:
        return
    config.pluginmanager.register(_TellWorkers(answers), "sensei-answers")
    from pytest_sensei.dojo.redirect import Redirection  # loads multiprocessing, which few runs need

    redirection = Redirection(answers)
    redirection.start()
    config.stash[_REDIRECTION] = redirection


def unconfigure(config: pytest.Config) -> None:
    """Undo `configure`."""
    redirection = config.stash.get(_REDIRECTION, None)
    if redirection is not None:
        redirection.stop()
        del config.stash[_REDIRECTION]


def answer_path(config: pytest.Config, kata: Kata) -> Path | None:
    """Give the file that answers `kata` in this run instead of its stub, if there is one."""
    redirection = config.stash.get(_REDIRECTION, None)
    answer = redirection.finder.answers.get(kata.module) if redirection else None
    return Path(answer) if answer else None


def find_answers(path: Path, katas: Sequence[Kata]) -> dict[str, Path]:
    """Map each kata's module to the file below (or at) `path` that answers it. Raises AnswerError."""
    if not katas:
        return {}
    if path.is_dir():
        return {kata.module: _answer_in_folder(path, kata, katas) for kata in katas}
    if not path.exists():
        raise AnswerError(f"{shown(path)} does not exist ({_wanted(katas)})")
    if path.suffix != ".py" or not path.is_file():
        raise AnswerError(f"{shown(path)} is not a Python file or a folder ({_wanted(katas)})")
    named = [kata for kata in katas if kata.stub.name == path.name]
    if not named and len(katas) > 1:
        raise AnswerError(
            f"{shown(path)} could answer any of {len(katas)} katas: name one kata, or the file as its stub"
            f" ({_wanted(katas)})"
        )
    return {(named or katas)[0].module: path}


def find_solutions(katas: Sequence[Kata]) -> dict[str, Path]:
    """Map each kata's module to its reference solution. Raises AnswerError."""
    return {kata.module: _solution_of(kata) for kata in katas}


def shipped_solutions() -> list[Path]:
    """Give the folders that may hold the solutions which came with this package."""
    return [PACKAGE / "_solutions", PACKAGE.parents[1] / "solutions"]


@dataclass(frozen=True, slots=True, eq=False)  # pytest before 8.2 wants to hash its plugins
class _TellWorkers:
    """The controller resolves paths once; the workers of pytest-xdist are told the result."""

    answers: dict[str, str] = field(default_factory=dict)

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        node.workerinput[_WORKER_INPUT] = self.answers


def _answers_from_controller(config: pytest.Config) -> dict[str, str] | None:
    workerinput: dict[str, Any] = getattr(config, "workerinput", {})
    return workerinput.get(_WORKER_INPUT)


def _answers_from_options(config: pytest.Config) -> dict[str, str]:
    option: str | None = config.getoption("answer")
    solutions: bool = config.getoption("solutions")
    if option is None and not solutions:
        return {}
    name = "--solutions" if solutions else f"--answer={option}"
    if option is not None and solutions:
        raise pytest.UsageError("--answer and --solutions exclude each other: give one of them")
    directory = config.invocation_params.dir
    try:
        katas = katas_in(config.args, directory)
        found = find_solutions(katas) if option is None else find_answers(directory / option, katas)
    except (AnswerError, KataError) as error:
        raise pytest.UsageError(f"{name}: {error}") from error
    if not katas:
        where = " ".join(config.args)
        raise pytest.UsageError(f"{name}: no kata at or below {where} (try pytest katas/03_semaphore {name})")
    return {module: str(path.resolve()) for module, path in found.items()}


def _answer_in_folder(folder: Path, kata: Kata, katas: Sequence[Kata]) -> Path:
    candidates = [folder / kata.stub.name, folder / kata.name / kata.stub.name]
    answer = _first_file(candidates)
    if answer is None:
        only = "" if len(katas) == 1 else f" (to run fewer than these {len(katas)} katas, name them)"
        raise AnswerError(f"nothing answers {kata.name}: looked for {_listed(candidates)}{only}")
    return answer


def _solution_of(kata: Kata) -> Path:
    folders = [kata.folder.parent.parent / "solutions", *shipped_solutions()]
    candidates = [folder / kata.name / kata.stub.name for folder in folders]
    solution = _first_file(candidates)
    if solution is None:
        raise AnswerError(f"{kata.name} has no solution: looked for {_listed(candidates)}")
    return solution


def _first_file(candidates: Sequence[Path]) -> Path | None:
    return next((path for path in candidates if path.is_file()), None)


def _listed(paths: Sequence[Path]) -> str:
    return ", ".join(dict.fromkeys(shown(path) for path in paths))


def _wanted(katas: Sequence[Kata]) -> str:
    names = [kata.stub.name for kata in katas]
    if len(names) == 1:
        return f"looked for any .py file, or a folder with {names[0]} or {katas[0].name}/{names[0]}"
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return f"looked for {', '.join(names[:3])}{more}, or a folder with files named so"
