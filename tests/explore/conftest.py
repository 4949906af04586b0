"""Explores test functions that are given as text."""

from __future__ import annotations

import importlib.util
import itertools
import sys
import textwrap
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest
from pytest_sensei.explore.config import ExploreConfig
from pytest_sensei.explore.exploring import ExploreResult, explore_test
from pytest_sensei.primitives import patching

if TYPE_CHECKING:
    from pathlib import Path

Explore = Callable[..., ExploreResult]
_numbers = itertools.count(1)

PREAMBLE = """\
import queue, random, threading, time
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, BoundedSemaphore, Condition, Event, Lock, RLock, Semaphore, Thread, Timer

def together(*jobs):
    threads = [Thread(target=job) for job in jobs]
    for thread in threads: thread.start()
    for thread in threads: thread.join()

class Box:
    pass
"""


@pytest.fixture
def explore(tmp_path: Path) -> Iterator[Explore]:
    """Return what explores the function `test` of a source text, and gives the result."""
    names = []

    def run(source: str, **config: Any) -> ExploreResult:
        name = f"explored_{next(_numbers)}"
        names.append(name)
        path = tmp_path / f"{name}.py"
        path.write_text(PREAMBLE + textwrap.dedent(source), encoding="utf-8")
        spec = importlib.util.spec_from_file_location(name, path)
        assert spec is not None
        assert spec.loader is not None
        module = sys.modules[name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        settings = {"root": str(tmp_path), "max_seconds": 20.0, **config}
        return explore_test(module.test, ExploreConfig(**settings), [module])

    with patching.installation():
        yield run
    for name in names:
        del sys.modules[name]
