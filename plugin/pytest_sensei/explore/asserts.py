"""Applies pytest's assertion rewriting to a tree where pytest has applied it to the module."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    import ast
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

    passes = config is not None and config.getini("enable_assertion_pass_hook")
    return rewrite, f"pytest {pytest.__version__} {passes}"
