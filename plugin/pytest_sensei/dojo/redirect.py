"""Sends the import of a kata's module to another file, here and in child processes. Imports nothing heavy."""

from __future__ import annotations

import importlib.machinery
import importlib.util
import sys
from importlib.abc import MetaPathFinder
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_sensei.primitives import children

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from types import ModuleType


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

    def start(self) -> None:
        """Redirect, first of all finders, and tell every child process that is spawned from now on."""
        _forget_modules_from_elsewhere(self.finder.answers)
        sys.meta_path.insert(0, self.finder)
        children.call_in_children(f"answers {id(self)}", self._call)

    def _call(self) -> children.Call | None:
        return (redirect_in_child, (self.finder.answers,)) if self.finder.answers else None

    def stop(self) -> None:
        """Undo `start`."""
        answers = dict(self.finder.answers)
        self.finder.answers.clear()
        if self.finder in sys.meta_path:
            sys.meta_path.remove(self.finder)
        children.call_no_more(f"answers {id(self)}")
        for module in answers:
            sys.modules.pop(module, None)


def redirect_in_child(answers: dict[str, str]) -> None:
    """Redirect in a process that was spawned, and in the children that it spawns."""
    Redirection(answers).start()


def _forget_modules_from_elsewhere(answers: Mapping[str, str]) -> None:
    for module, answer in answers.items():
        loaded = getattr(sys.modules.get(module), "__file__", None)
        if loaded is not None and Path(loaded) != Path(answer):
            del sys.modules[module]
