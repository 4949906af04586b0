"""Functions announce while an exploration runs, and are exactly what they were before and after."""

from __future__ import annotations

import gc
import importlib.util
import itertools
import os
import sys
import textwrap
import types
from collections.abc import Callable, Hashable, Iterator
from functools import partial
from pathlib import Path
from types import CodeType, FunctionType, ModuleType
from typing import TYPE_CHECKING, Any

import pytest
from pytest_sensei.explore import compiled, rewrite
from pytest_sensei.explore.swap import instrumented

if TYPE_CHECKING:
    from pytest_sensei.explore.access import Access

MakeModule = Callable[[str], ModuleType]
_numbers = itertools.count()


class Heard:
    """Keeps the fields that were accessed."""

    def __init__(self) -> None:
        self.fields: list[Hashable] = []

    def access(self, obj: object, field: Hashable, kind: Access, value: object) -> None:
        self.fields.append(field)


@pytest.fixture
def make(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> MakeModule:
    """Return what writes source text into a file and imports it."""
    monkeypatch.setattr(sys, "dont_write_bytecode", False)

    def make(source: str) -> ModuleType:
        path = tmp_path / f"swapped_{next(_numbers)}.py"
        path.write_text(textwrap.dedent(source))
        return import_file(path)

    return make


def import_file(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def codes(module: ModuleType) -> dict[int, CodeType]:
    """Return the code of every living function of the module, by the function's identity."""
    functions = [each for each in gc.get_objects() if type(each) is FunctionType]
    return {id(each): each.__code__ for each in functions if each.__globals__ is vars(module)}


SHAPES = """
import functools

class Counter:
    def __init__(self):
        self.n = 0
    def bump(self):
        self.n += 1
    @property
    def value(self):
        return self.n
    @classmethod
    def made(cls):
        return cls()
    @staticmethod
    def bumped(counter):
        counter.n += 1
    @functools.lru_cache
    def cached(self):
        return self.n

def loud(function):
    @functools.wraps(function)
    def wrapper(*args):
        return function(*args)
    return wrapper

@loud
@loud
def decorated(counter): return counter.n

two = [lambda c: c.n, lambda c: c.m]; three = lambda c: c.n

def default(c, *, get=lambda c: c.n): return get(c)

def outer():
    n = 0
    def inner():
        nonlocal n
        n += 1
        return n
    return inner

def steps(c):
    yield c.n
    yield c.n

made_before = outer()
counter = Counter()
"""


def everything(module: ModuleType) -> None:
    c = module.Counter.made()
    c.m = 1
    c.bump()
    module.Counter.bumped(c)
    c.cached()
    assert (c.value, module.decorated(c), module.two[0](c), module.two[1](c), module.three(c)) == (
        2,
        2,
        2,
        1,
        2,
    )
    assert module.default(c) == 2
    assert list(module.steps(c)) == [2, 2]
    module.made_before()


def test_every_kind_of_function_announces_and_is_restored(make: MakeModule) -> None:
    module = make(SHAPES)
    before = codes(module)
    observer = Heard()
    with instrumented([module], observer) as coverage:
        everything(module)
    assert coverage.uncovered == []
    assert coverage.functions == len(before)
    assert codes(module) == before
    assert all(after is before[function] for function, after in codes(module).items())
    expected = [*"nnnnn", "cache", *"nnnn", "m", *"nnnnnnn"]
    assert observer.fields == expected
    everything(module)
    assert observer.fields == expected, "after the exploration nothing is announced"


def test_lambdas_on_one_line_are_told_apart(make: MakeModule) -> None:
    module = make(
        """
        def pair(): return (lambda c: c.a), (lambda c: c.b)
        f, g = pair()
        h, i = lambda c: c.a, lambda c: c.b
        """
    )
    thing = types.SimpleNamespace(a=1, b=2)
    for functions in ((module.f, module.g), (module.h, module.i)):
        observer = Heard()
        with instrumented([module], observer):
            assert [each(thing) for each in functions] == [1, 2]
        assert observer.fields == ["a", "b"]


@pytest.fixture
def garbage_kept() -> Iterator[None]:
    """Have no garbage collected but on demand."""
    gc.disable()
    yield
    gc.enable()


@pytest.mark.usefixtures("garbage_kept")
@pytest.mark.parametrize("collect", [list, partial(gc.collect, 0), gc.collect], ids=["no", "young", "all"])
def test_closure_made_during_an_exploration_is_native_after_it(
    make: MakeModule, collect: Callable[[], object]
) -> None:
    module = make(SHAPES)
    with instrumented([module], Heard()):
        inner = module.outer()
        swapped = inner.__code__
        collect()
    assert inner.__code__ is not swapped
    assert inner.__code__ in module.outer.__code__.co_consts
    assert (inner(), inner()) == (1, 2)


def test_closure_made_before_an_exploration_announces_in_it(make: MakeModule) -> None:
    module = make(SHAPES)
    observer = Heard()
    with instrumented([module], observer):
        assert module.made_before() == 1
    assert observer.fields == ["n", "n", "n"]


def test_generator_that_runs_already_goes_on_as_it_was(make: MakeModule) -> None:
    module = make(SHAPES)
    observer = Heard()
    running = module.steps(module.counter)
    assert next(running) == 0
    with instrumented([module], observer):
        assert next(running) == 0
    assert observer.fields == []


def test_copies_of_code_made_in_an_exploration_are_restored(make: MakeModule) -> None:
    module = make(
        "import types\ndef make():\n    def steps(c):\n        yield c.n\n    return types.coroutine(steps)\n"
    )
    with instrumented([module], Heard()):
        steps = module.make()
    assert not any(type(value) is FunctionType for value in steps.__code__.co_consts)
    assert list(steps(types.SimpleNamespace(n=3))) == [3]


def test_second_exploration_of_a_process_is_refused(make: MakeModule) -> None:
    module = make(SHAPES)
    observer = Heard()
    with instrumented([module], observer):
        with pytest.raises(RuntimeError, match="already running"), instrumented([module], Heard()):
            pass
        module.three(types.SimpleNamespace(n=1))
    assert observer.fields == ["n"], "the first goes on"
    with instrumented([module], Heard()) as coverage:
        assert coverage.functions


def test_exception_in_an_exploration_restores_everything(make: MakeModule) -> None:
    module = make(SHAPES)
    before = codes(module)
    with pytest.raises(ZeroDivisionError), instrumented([module], Heard()):
        1 / 0  # noqa: B018
    assert codes(module) == before


def test_module_without_source_stays_native_and_is_named() -> None:
    module = types.ModuleType("made_up")
    exec("def f(c): return c.n", vars(module))
    with instrumented([module], Heard()) as coverage:
        assert module.f(types.SimpleNamespace(n=1)) == 1
    assert coverage.uncovered == ["module made_up has no source file"]


def test_function_that_changed_on_disk_stays_native_and_is_named(make: MakeModule) -> None:
    module = make("def f(c):\n    return c.n\ndef g(c):\n    return c.n\n")
    assert module.__file__ is not None
    Path(module.__file__).write_text("def f(c):\n    return c.m\ndef g(c):\n    return c.n\n")
    observer = Heard()
    with instrumented([module], observer) as coverage:
        module.f(types.SimpleNamespace(n=1))
        module.g(types.SimpleNamespace(n=1))
    assert coverage.uncovered == [f"{module.__name__}.f"]
    assert observer.fields == ["n"]


def test_other_modules_stay_native(make: MakeModule) -> None:
    ours, theirs = make(SHAPES), make(SHAPES)
    before = codes(theirs)
    with instrumented([ours], Heard()):
        assert codes(theirs) == before


def test_traceback_shows_the_users_lines_only(make: MakeModule) -> None:
    module = make(
        "def f(items):\n    x = 1\n    items.remove(\n        x,\n    )\n\ndef g(d):\n    d['a'] += 1\n"
    )
    natives = [traceback_of(module.f, []), traceback_of(module.g, {})]
    with instrumented([module], Heard()):
        assert [traceback_of(module.f, []), traceback_of(module.g, {})] == natives


def traceback_of(function: Callable[[Any], object], argument: object) -> list[tuple[str, int]]:
    with pytest.raises((ValueError, KeyError)) as caught:
        function(argument)
    return [(str(entry.path), entry.lineno) for entry in caught.traceback[1:]]


# The cache -----------------------------------------------------------------------------------------------


def recipe(path: Path) -> compiled.Recipe:
    return compiled.Recipe(path)


@pytest.fixture
def source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    path = tmp_path / "kept.py"
    path.write_text("def f(c):\n    return c.n\n")
    return path


def forbid_rewriting(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(tree: object) -> None:
        raise AssertionError("compiled again")

    monkeypatch.setattr(rewrite, "rewrite", refuse)


def test_compiled_code_is_kept_on_disk(source: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = recipe(source).compiled()
    forbid_rewriting(monkeypatch)
    assert recipe(source).compiled() == first


def test_changed_source_is_compiled_anew(source: Path) -> None:
    first = recipe(source).compiled()
    source.write_text("def f(c):\n    return c.m\n")
    assert recipe(source).compiled() != first


def test_new_version_of_the_rewriter_compiles_anew(source: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    recipe(source).compiled()
    forbid_rewriting(monkeypatch)
    monkeypatch.setattr(rewrite, "VERSION", rewrite.VERSION + 1)
    with pytest.raises(AssertionError, match="compiled again"):
        recipe(source).compiled()


@pytest.mark.parametrize(
    "damage", [lambda data: data[:-1], lambda data: b"", lambda data: data[:80] + b"\0" + data[81:]]
)
def test_broken_cache_is_ignored_and_mended(source: Path, damage: Callable[[bytes], bytes]) -> None:
    first = recipe(source).compiled()
    [cache] = (source.parent / "__pycache__").iterdir()
    whole = cache.read_bytes()
    cache.write_bytes(damage(whole))
    assert recipe(source).compiled() == first
    assert cache.read_bytes() == whole


def test_cache_that_cannot_be_written_is_no_error(source: Path) -> None:
    (source.parent / "__pycache__").write_text("in the way")
    assert recipe(source).compiled().native.co_filename == os.fspath(source)


def test_nothing_is_written_when_python_writes_no_bytecode(
    source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    recipe(source).compiled()
    assert not (source.parent / "__pycache__").exists()


# Together with pytest's assertion rewriting ----------------------------------------------------------------


def test_assertion_messages_stay_the_same(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        helper="""
        from pytest_sensei.explore.swap import instrumented

        class Heard:
            fields = []
            def access(self, obj, field, kind, value):
                self.fields.append(field)

        def swapped(module, function, *args):
            with instrumented([module], Heard()) as coverage:
                assert coverage.uncovered == []
                function(*args)
        """,
        test_it="""
        import sys
        import pytest
        from helper import Heard, swapped

        class Box:
            def __init__(self):
                self.items = [1, 2]
            def __repr__(self):
                return "Box()"

        def check_items(box):
            assert box.items == [1, 3], f"about {box.items}"

        def check_size(box):
            assert len(box.items) in (5,) or not box.items

        def message(call):
            with pytest.raises(AssertionError) as caught:
                call()
            return str(caught.value)

        @pytest.mark.parametrize(
            ("check", "part"), [(check_items, "At index 1 diff: 2 != 3"), (check_size, "= Box().items")]
        )
        def test_same(check, part):
            module, box = sys.modules[__name__], Box()
            native = message(lambda: check(box))
            assert part in native
            assert message(lambda: swapped(module, check, box)) == native
            assert "items" in Heard.fields
        """,
    )
    result = pytester.runpytest_subprocess("-p", "no:cacheprovider", timeout=60)
    result.assert_outcomes(passed=2)
