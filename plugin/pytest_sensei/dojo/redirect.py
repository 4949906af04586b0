"""Sends the import of a kata's module to another file, here and in child processes. Imports nothing heavy."""

from __future__ import annotations

import importlib.machinery
import importlib.util
import sys
from importlib.abc import MetaPathFinder
from multiprocessing import spawn
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from types import ModuleType

_EXTRA_KEY = "pytest_sensei_answers"


class AnswerFinder(MetaPathFinder):
    """Finds a kata's module in the file that answers it."""

    def __init__(self, answers: Mapping[str, str]) -> None:
        self.answers = dict(answers)  # module name -> absolute path

    def find_spec(
        self,
        fullname: str,
        path: Sequence[str] | None,
        target: ModuleType | None = None,  # noqa: ARG002 - the signature is the protocol
    ) -> importlib.machinery.ModuleSpec | None:
        """Find a top-level module that has an answer; everything else is for the finders after us."""
        answer = self.answers.get(fullname)
        if answer is None or path is not None:
            return None
        return importlib.util.spec_from_file_location(fullname, answer)


class Redirection:
    """The redirected imports of one run: `start` and `stop` are each other's inverse."""

    def __init__(self, answers: Mapping[str, str]) -> None:
        self.finder = AnswerFinder(answers)
        self._original: Callable[[str], dict[str, Any]] | None = None
        self._patched: Callable[[str], dict[str, Any]] | None = None

    def start(self) -> None:
        """Redirect, first of all finders, and tell every child process that is spawned from now on."""
        _forget_modules_from_elsewhere(self.finder.answers)
        sys.meta_path.insert(0, self.finder)
        self._original = original = spawn.get_preparation_data

        def with_answers(name: str) -> dict[str, Any]:
            data = original(name)
            if self.finder.answers:
                data[_EXTRA_KEY] = _InChild(self.finder.answers)
            return data

        self._patched = with_answers
        spawn.get_preparation_data = with_answers

    def stop(self) -> None:
        """Undo `start`. Where somebody wrapped our function meanwhile, ours stays and does nothing."""
        answers = dict(self.finder.answers)
        self.finder.answers.clear()
        if self.finder in sys.meta_path:
            sys.meta_path.remove(self.finder)
        if self._original is not None and spawn.get_preparation_data is self._patched:
            spawn.get_preparation_data = self._original  # type: ignore[assignment]
        for module in answers:
            sys.modules.pop(module, None)


class _InChild:
    """Travels to a spawned child in its preparation data; being unpickled there, it redirects there.

    The child unpickles the data before it imports anything of the parent's, so no import comes too early.
    """

    def __init__(self, answers: Mapping[str, str]) -> None:
        self.answers = dict(answers)

    def __reduce__(self) -> tuple[Callable[[dict[str, str]], None], tuple[dict[str, str]]]:
        return redirect_in_child, (self.answers,)


def redirect_in_child(answers: dict[str, str]) -> None:
    """Redirect in a process that was spawned, and in the children that it spawns."""
    Redirection(answers).start()


def _forget_modules_from_elsewhere(answers: Mapping[str, str]) -> None:
    for module, answer in answers.items():
        loaded = getattr(sys.modules.get(module), "__file__", None)
        if loaded is not None and Path(loaded) != Path(answer):
            del sys.modules[module]
