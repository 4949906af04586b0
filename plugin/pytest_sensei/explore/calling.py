"""The call of one test under control: with which settings, on which modules, and what comes of it."""

from __future__ import annotations

import inspect
import os
import sys
import sysconfig
import types
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, get_args

import pytest

from pytest_sensei import findings
from pytest_sensei.explore import token as tokens
from pytest_sensei.explore.config import ExploreConfig, StrategyName
from pytest_sensei.explore.exploring import ExploreResult, Outcome, explore_test

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pytest_sensei.explore.scheduler import Switch

NOTE = pytest.StashKey[str]()
"""What an exploration covered, in words, for the report of its test."""

_CAPTURING = frozenset({"capsys", "capfd", "capsysbinary", "capfdbinary", "capteesys"})
_CACHE = "sensei/schedules"


class Calls:
    """Calls tests in all their interleavings, those first that failed the last time."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._token: str | None = config.getoption("--sensei-replay")
        self._packages: list[str] = list(config.getini("sensei_instrument"))

    def explore(self, item: pytest.Function) -> None:
        """Explore a test. Its fixtures are built once; what they hold is put back before each schedule."""
        __tracebackhide__ = True
        function: Callable[..., object] = item.obj
        values = {name: item.funcargs[name] for name in item._fixtureinfo.argnames}

        def body() -> None:
            function(**values)

        identity = identity_of(item)
        config = self._explore_config(item, identity)
        logs = self._config.pluginmanager.get_plugin("logging-plugin")  # what `caplog` and the report show
        given = [function, *item.funcargs.values(), logs]
        result = explore_test(body, config, modules_of(item, self._packages), given)
        self._settle(item, result, config, identity)

    def _explore_config(self, item: pytest.Function, identity: str) -> ExploreConfig:
        settings = marker_settings(item)
        settings["root"] = str(item.config.rootpath)
        settings["quiet"] = not _CAPTURING.intersection(item.fixturenames)
        if self._token is not None:
            settings["only"], any_timeouts = _decoded(self._token, identity)
            settings["timeouts"] = "any" if any_timeouts else "late"
        else:
            settings["first"] = self._last_failure(item, identity)
        return ExploreConfig(**settings)

    def _last_failure(self, item: pytest.Function, identity: str) -> tuple[Switch, ...] | None:
        known = self._stored().get(item.nodeid)
        try:
            return tokens.decode(known, identity)[0] if known else None
        except ValueError:
            return None  # the test has changed since

    def _stored(self) -> dict[str, str]:
        cache = getattr(self._config, "cache", None)  # absent with -p no:cacheprovider
        stored = cache.get(_CACHE, {}) if cache is not None else {}
        return stored if isinstance(stored, dict) else {}

    def _store(self, item: pytest.Function, token: str | None) -> None:
        cache = getattr(self._config, "cache", None)
        if cache is None or self._token is not None:
            return
        stored = self._stored()
        if stored.get(item.nodeid) == token:
            return
        stored.pop(item.nodeid, None)
        if token is not None:
            stored[item.nodeid] = token
        cache.set(_CACHE, stored)

    def _settle(
        self, item: pytest.Function, result: ExploreResult, config: ExploreConfig, identity: str
    ) -> None:
        """Hand over the finding and the note, and raise what the test raised."""
        __tracebackhide__ = True
        item.stash[NOTE] = result.note
        failed = result.outcome is Outcome.FAILED and result.diagnosis is not None
        token = (
            tokens.encode(result.switches, identity, any_timeouts=config.timeouts == "any")
            if failed
            else None
        )
        self._store(item, token)
        if result.diagnosis is not None:
            findings.add(item, result.with_token(token), "call")
        if result.outcome in (Outcome.NONDETERMINISTIC, Outcome.ESCAPED, Outcome.BROKEN):
            pytest.fail(result.note, pytrace=False)
        if result.outcome is Outcome.FAILED and result.error is not None:
            raise result.error.with_traceback(_from_the_test_on(item, result.error.__traceback__))


def _from_the_test_on(item: pytest.Function, trace: types.TracebackType | None) -> types.TracebackType | None:
    """Leave out our own frames below the test function."""
    code = getattr(inspect.unwrap(item.obj), "__code__", None)
    found = trace
    while found is not None:
        frame_code = found.tb_frame.f_code
        if code is not None and frame_code.co_filename == code.co_filename:
            return found
        found = found.tb_next
    return trace


def _decoded(token: str, identity: str) -> tuple[tuple[Switch, ...], bool]:
    try:
        return tokens.decode(token, identity)
    except tokens.BadToken as error:
        _refuse(str(error))
    except ValueError:
        _refuse(f"--sensei-replay={token}: not a token; a report shows one")


def _refuse(why: str) -> NoReturn:
    """Fail the test with one line: where it was called wrongly, our own frames say nothing."""
    pytest.fail(why, pytrace=False)


def identity_of(item: pytest.Function) -> str:
    """Return a text that changes with the test: a schedule of another test means nothing."""
    try:
        source = inspect.getsource(item.obj)
    except (OSError, TypeError):
        source = ""
    return f"{item.name}\n{source}"


def marker_settings(item: pytest.Item) -> dict[str, Any]:
    """Return the arguments of the test's markers; the nearest one wins."""
    settings: dict[str, Any] = {}
    for marker in reversed(list(item.iter_markers("interleave"))):
        if marker.args:
            _refuse(f"{item.nodeid}: @pytest.mark.interleave takes keyword arguments only")
        settings.update(marker.kwargs)
    for name, value in settings.items():
        _check(item, name, value)
    return settings


def _check(item: pytest.Item, name: str, value: object) -> None:
    choices = {"strategy": get_args(StrategyName), "timeouts": ("late", "any")}
    examples = {"max_schedules": 1000, "max_seconds": 5.0, "max_steps": 2000, "preemptions": 2}
    where = f"{item.nodeid}: @pytest.mark.interleave({name}={value!r})"
    if name in choices:
        if value not in choices[name]:
            _refuse(f"{where}: expected one of {', '.join(choices[name])}")
    elif name not in examples:
        known = ", ".join((*examples, *choices))
        _refuse(f"{where}: unknown argument; known are {known}")
    elif not isinstance(value, (int, float)) or isinstance(value, bool) or value < 0:
        _refuse(f"{where}: expected a number, for example {name}={examples[name]}")


# What is instrumented ---------------------------------------------------------------------------------

_INSTALLED = tuple(
    str(Path(path).resolve())
    for name, path in sysconfig.get_paths().items()
    if name in ("stdlib", "platstdlib")
)


def modules_of(item: pytest.Function, packages: list[str]) -> Iterator[types.ModuleType]:
    """Yield the modules to instrument: the test's own, those of its folder, what it imports, and the named packages."""
    test_module = item.module
    folder = str(item.path.parent)
    named = {name.replace("-", "_") for name in packages}
    direct = _imported_by(test_module)
    for name, module in list(sys.modules.items()):
        if not isinstance(module, types.ModuleType):
            continue
        if (
            module is test_module
            or _belongs(name, named)
            or ((name in direct or _is_in(module, folder)) and _is_own(module))
        ):
            yield module


def _belongs(name: str, packages: set[str]) -> bool:
    return any(name == package or name.startswith(f"{package}.") for package in packages)


def _imported_by(module: types.ModuleType) -> set[str]:
    """Return the names of the modules that a module's names come from."""
    found = set()
    for value in list(vars(module).values()):
        if isinstance(value, types.ModuleType):
            found.add(value.__name__)
        elif isinstance(value, (type, types.FunctionType)):
            found.add(value.__module__)
    return found


def _is_in(module: types.ModuleType, folder: str) -> bool:
    path: str | None = getattr(module, "__file__", None)
    return path is not None and os.path.dirname(path) == folder  # noqa: PTH120 - asked of every module there is


def _is_own(module: types.ModuleType) -> bool:
    """Tell whether a module is neither the standard library's nor installed, nor ours."""
    path = getattr(module, "__file__", None)
    if not path or module.__name__.partition(".")[0] in (
        "pytest_sensei",
        "pytest",
        "_pytest",
        "pluggy",
        "conftest",
    ):
        return False
    text = str(Path(path).resolve())
    return "site-packages" not in text and not text.startswith(_INSTALLED)
