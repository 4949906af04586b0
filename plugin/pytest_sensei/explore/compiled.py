"""Compiles a source file as it is and rewritten, and pairs the functions of the two. Cached on disk."""

from __future__ import annotations

import ast
import hashlib
import importlib.util
import marshal
import os
import sys
import tempfile
import warnings
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterator
from pathlib import Path
from types import CodeType, ModuleType
from typing import NamedTuple

from pytest_sensei.explore import hooks, rewrite, syntax

RewriteAsserts = Callable[[ast.Module], None]


class Pair(NamedTuple):
    """One and the same piece of code, as it is and rewritten."""

    native: CodeType
    instrumented: CodeType


class Recipe(NamedTuple):
    """All that decides what comes out of compiling a file."""

    path: Path
    asserts: RewriteAsserts | None = None
    asserts_key: str = ""  # names what `asserts` does

    def compiled(self) -> Pair:
        """Compile the file, or take what was compiled before."""
        source = self.path.read_bytes()
        digest = self._digest(source)
        cache = Path(importlib.util.cache_from_source(os.fspath(self.path), optimization="sensei"))
        pair = _read(cache, digest)
        if pair is None:
            pair = self._compile(source)
            if not sys.dont_write_bytecode:
                _write(cache, digest, pair)
        return pair

    def _digest(self, source: bytes) -> bytes:
        key = (rewrite.VERSION, sys.version, sys.flags.optimize, self.asserts_key, os.fspath(self.path))
        return hashlib.sha256(repr(key).encode() + source).digest()

    def _compile(self, source: bytes) -> Pair:
        path = os.fspath(self.path)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # placeholders are no functions; the rest was said at import
            tree = ast.parse(source, path)
            if self.asserts is not None:
                self.asserts(tree)
            native = compile(tree, path, "exec", dont_inherit=True)
            instrumented = compile(rewrite.rewrite(tree), path, "exec", dont_inherit=True)
        return Pair(native, instrumented)


_DIGESTS = 32


def _read(cache: Path, digest: bytes) -> Pair | None:
    """Read compiled code. What cannot be read, or was made of something else, is as good as absent."""
    try:
        data = cache.read_bytes()
    except OSError:
        return None
    head, body = data[: 2 * _DIGESTS], data[2 * _DIGESTS :]
    if head != digest + hashlib.sha256(body).digest():
        return None
    return Pair(*marshal.loads(body))  # noqa: S302  (its digest says that we wrote it)


def _write(cache: Path, digest: bytes, pair: Pair) -> None:
    """Write compiled code, all or nothing; a place that cannot be written is no reason to complain."""
    body = marshal.dumps(tuple(pair))
    try:
        cache.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=cache.parent, delete=False) as file:
            file.write(digest + hashlib.sha256(body).digest() + body)
        os.replace(file.name, cache)  # noqa: PTH105  (of a path in hand)
    except OSError:
        return


# Putting the hooks in their places ---------------------------------------------------------------------


def link(code: CodeType, space: hooks.Space, filename: str) -> CodeType:
    """Replace the placeholders among the constants by what they stand for."""
    constants = tuple(_linked(value, space, filename) for value in code.co_consts)
    return code.replace(co_consts=constants, co_filename=filename)


def _linked(value: object, space: hooks.Space, filename: str) -> object:
    if isinstance(value, CodeType):
        return link(value, space, filename)
    if isinstance(value, str) and value.startswith(syntax.PLACEHOLDER):
        return space if value == syntax.SPACE else hooks.HOOKS[value.removeprefix(syntax.PLACEHOLDER)]
    return value


# Finding which is which ----------------------------------------------------------------------------------


def inner(code: CodeType) -> Iterator[CodeType]:
    """Yield the code of the functions (classes, comprehensions) right inside, without our probes."""
    for value in code.co_consts:
        if isinstance(value, CodeType) and value.co_varnames[:1] != (syntax.PROBE,):
            yield value


def pairs(whole: Pair) -> Iterator[Pair]:
    """Pair all code inside. What has no certain counterpart is left out."""
    groups: dict[Hashable, tuple[list[CodeType], list[CodeType]]] = defaultdict(lambda: ([], []))
    for side, code in enumerate(whole):
        for each in inner(code):
            groups[_outline(each)][side].append(each)
    for natives, instrumented in groups.values():
        if len(natives) == len(instrumented):  # those on one line stand in the same order in both
            for pair in map(Pair, natives, instrumented):
                yield pair
                yield from pairs(pair)


def _outline(code: CodeType) -> Hashable:
    """Return what rewriting does not change."""
    arguments = code.co_argcount + code.co_kwonlyargcount
    flags = code.co_flags & 0x2AC  # *args, **kwargs, generator, coroutine, asynchronous generator
    return code.co_name, code.co_firstlineno, code.co_varnames[:arguments], code.co_freevars, flags


def identity(code: CodeType) -> Hashable:
    """Return what tells a piece of native code from all others of its module."""
    positions = getattr(code, "co_positions", None)  # Python 3.11 and later: with columns
    lines = tuple(code.co_lines()) if positions is None else tuple(positions())
    return (
        code.co_name,
        code.co_firstlineno,
        code.co_code,
        code.co_names,
        code.co_varnames,
        code.co_freevars,
        code.co_cellvars,
        tuple(map(_constant_identity, code.co_consts)),
        lines,
    )


def _constant_identity(value: object) -> Hashable:
    if isinstance(value, CodeType):
        return identity(value)
    return type(value).__name__ if isinstance(value, frozenset) else repr(value)


def source_path(module: ModuleType) -> Path | None:
    """Return the module's source file, if it has one."""
    file = getattr(module, "__file__", None)
    if not isinstance(file, str) or not file.endswith(".py"):
        return None
    path = Path(file)
    return path if path.is_file() else None
