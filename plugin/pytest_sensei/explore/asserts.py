"""Applies pytest's assertion rewriting to a tree where pytest has applied it to the module."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path
    from types import ModuleType

    from pytest_sensei.explore.compiled import RewriteAsserts

_MARK = "@pytest_ar"  # what rewriting imports into each module that has an assertion


def rewriter_of(module: ModuleType, path: Path) -> tuple[RewriteAsserts | None, str]:
    """Return what rewrites the module's assertions, and a name for it; None where pytest left them alone."""
    if _MARK not in vars(module):
        return None, ""
    from _pytest.assertion.rewrite import rewrite_asserts

    config = getattr(getattr(module, "__loader__", None), "config", None)
    source = path.read_bytes()

    def rewrite(tree: ast.Module) -> None:
        rewrite_asserts(tree, source, str(path), config)
        _complete_ends(tree)

    passes = config is not None and config.getini("enable_assertion_pass_hook")
    return rewrite, f"pytest {pytest.__version__} {passes}"


def _complete_ends(tree: ast.Module) -> None:
    """End each node that pytest has put in where it begins: a later repair would take the first line."""
    for node in ast.walk(tree):
        line = getattr(node, "lineno", None)
        if line is not None and getattr(node, "end_lineno", None) is None:
            node.end_lineno = line  # type: ignore[attr-defined]
            node.end_col_offset = node.col_offset  # type: ignore[attr-defined]
