"""Makes live functions announce their accesses while an exploration runs, by swapping their code.

Nothing happens at import: modules are loaded as ever and run at full speed. For the time of an exploration
every function of the instrumented modules, wherever it is referred to, gets rewritten code, and afterwards
its own code object back. Frames that already run keep running their own code.
"""

from __future__ import annotations

import gc
import inspect
import threading
import weakref
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import CodeType, FunctionType, ModuleType
from typing import TYPE_CHECKING

from pytest_sensei.explore import asserts, hooks, known_types
from pytest_sensei.explore.compiled import Pair, Recipe, identity, link, pairs, source_path

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Iterator

    from pytest_sensei.explore.access import Observer


@dataclass
class Coverage:
    """How much of the code announces its accesses."""

    functions: int = 0
    uncovered: list[str] = field(
        default_factory=list
    )  # functions and modules that stay native, with the reason


class _Module:
    """What is known of one module: the counterparts of the code of its functions."""

    def __init__(self, module: ModuleType) -> None:
        self.file = str(getattr(module, "__file__", None))
        self.pairs: dict[int, Pair] = {}  # by the identity of the live code, which the pair keeps alive
        self.reason: str | None = None
        self._space = hooks.Space(vars(module))
        self._rewritten: dict[Hashable, CodeType] = {}
        path = source_path(module)
        if path is None:
            self.reason = "has no source file"
            return
        try:
            whole = Recipe(path, *asserts.rewriter_of(module, path)).compiled()
        except (OSError, SyntaxError, ValueError, RecursionError) as error:
            self.reason = f"could not be compiled: {error}"
            return
        self._rewritten = {identity(pair.native): pair.instrumented for pair in pairs(whole)}

    def instrumented(self, live: CodeType) -> CodeType | None:
        """Return the counterpart of a live function's code; None: there is none."""
        known = self.pairs.get(id(live))
        if known is not None:
            return known.instrumented
        rewritten = self._rewritten.get(identity(live))
        if rewritten is None:
            return None
        iterable = live.co_flags & inspect.CO_ITERABLE_COROUTINE  # added by the decorator types.coroutine
        linked = link(
            rewritten.replace(co_flags=rewritten.co_flags | iterable), self._space, live.co_filename
        )
        self._remember(Pair(live, linked))
        return self.pairs[id(live)].instrumented

    def _remember(self, pair: Pair) -> None:
        self.pairs[id(pair.native)] = pair
        for each in pairs(pair):
            self.pairs[id(each.native)] = each


_modules: weakref.WeakKeyDictionary[ModuleType, _Module] = weakref.WeakKeyDictionary()
_exploring = threading.Lock()


@contextmanager
def instrumented(modules: Iterable[ModuleType], observer: Observer) -> Iterator[Coverage]:
    """Let the functions of `modules` announce to `observer` what they access, until the block ends."""
    if not _exploring.acquire(blocking=False):
        msg = "an exploration is already running in this process: only one can own the code under test"
        raise RuntimeError(msg)
    swap = _Swap()
    try:
        swap.begin(modules)
        hooks.observe_with(observer)
        yield swap.coverage
    finally:
        hooks.observe_with(None)
        swap.end()
        _exploring.release()


class _Swap:
    """One exchange of code, there and back."""

    def __init__(self) -> None:
        self.coverage = Coverage()
        self._modules: dict[int, _Module] = {}  # by the identity of their global names
        self._swapped: list[weakref.ref[FunctionType]] = []
        self._collections = _collections()  # so many had there been before

    def _known(self, module: ModuleType) -> _Module:
        known = _modules.get(module)
        if known is None:
            known = _modules[module] = _Module(module)
        if known.reason is not None:
            self.coverage.uncovered.append(f"module {module.__name__} {known.reason}")
        return known

    def begin(self, modules: Iterable[ModuleType]) -> None:
        known_types.forget_types()
        known = ((id(vars(module)), self._known(module)) for module in modules)
        self._modules = {names: module for names, module in known if module.reason is None}
        known_types.covered.update(self._modules)
        for function in _functions():
            module = self._modules.get(id(function.__globals__))
            if module is not None and function.__code__.co_filename == module.file:
                self._instrument(function, module)

    def _instrument(self, function: FunctionType, module: _Module) -> None:
        code = module.instrumented(function.__code__)
        if code is None or code.co_freevars != function.__code__.co_freevars:
            self.coverage.uncovered.append(f"{function.__module__}.{function.__qualname__}")
        else:
            function.__code__ = code
            self._swapped.append(weakref.ref(function))
            self.coverage.functions += 1

    def end(self) -> None:
        pairs = [pair for module in self._modules.values() for pair in module.pairs.values()]
        native = {id(pair.instrumented): pair.native for pair in pairs}
        for function in self._affected():
            code = native.get(id(function.__code__))
            if code is None and id(function.__globals__) in self._modules:
                code = _native_of_copy(function.__code__, pairs)
            if code is not None:
                function.__code__ = code
        known_types.covered.difference_update(self._modules)
        known_types.forget_types()

    def _affected(self) -> list[FunctionType]:
        """Return the functions that may have instrumented code: those that got it, and all that were made since.

        To look through everything there is takes longer than many a whole exploration.
        """
        made = _functions(YOUNG)
        if _collections() != self._collections:
            return _functions()  # those made since are not all young any more
        swapped = (reference() for reference in self._swapped)
        return [*made, *(function for function in swapped if function is not None)]


def _native_of_copy(code: CodeType, pairs: list[Pair]) -> CodeType | None:
    """Return the native code for a changed copy of instrumented code, such as `types.coroutine` makes."""
    if not any(type(value) is FunctionType for value in code.co_consts):
        return None  # only our hooks are functions among the constants
    wanted = identity(code)
    native = next((pair.native for pair in pairs if identity(pair.instrumented) == wanted), None)
    return None if native is None else native.replace(co_flags=code.co_flags)


YOUNG = 0  # the generation of what was made since the latest collection of garbage


def _functions(generation: int | None = None) -> list[FunctionType]:
    """Return all functions there are, or those of one generation."""
    return [each for each in gc.get_objects(generation) if type(each) is FunctionType]


def _collections() -> int:
    """Return how often garbage has been collected so far."""
    return sum(generation["collections"] for generation in gc.get_stats())
