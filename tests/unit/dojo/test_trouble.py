"""What a learner reads when the stub cannot be imported."""

from __future__ import annotations

import importlib
import sys

import pytest
from kata_folders import make_kata, write
from pytest_sensei.dojo.katas import forget_katas, read_kata
from pytest_sensei.dojo.trouble import import_trouble

CASES = {
    "syntax": ("def add(a, b:\n    return a\n", "trouble_stub.py:1: '(' was never closed"),
    "name": ("x = 1\ny = undefined\n", "trouble_stub.py:2: NameError: name 'undefined' is not defined"),
    "missing name": ("def subtract(a, b): ...\n", "trouble_stub.py has no 'add': the tests import it"),
    "missing module": ("\nimport no_such_thing\n", "trouble_stub.py:2: there is no module 'no_such_thing'"),
    "null byte": ("x = 1\0\n", "trouble_stub.py:1: "),
    "empty message": ("raise ValueError\n", "trouble_stub.py:1: ValueError, raised while"),
    "itself": ("from trouble_stub import add\n", "trouble_stub.py imports itself"),
}


@pytest.fixture
def kata(tmp_path, monkeypatch):
    forget_katas()
    folder = make_kata(tmp_path, "03_trouble", stub="trouble_stub.py")
    monkeypatch.syspath_prepend(folder)
    yield read_kata(folder)
    for module in ("trouble_stub", "test_trouble_stub"):
        sys.modules.pop(module, None)


@pytest.mark.parametrize(("source", "expected"), CASES.values(), ids=CASES)
def test_import_trouble_is_one_line_with_a_place(kata, source, expected):
    write(kata.stub, source)
    with pytest.raises((ImportError, SyntaxError, NameError, ValueError)) as caught:
        importlib.import_module("test_trouble_stub")
    line = import_trouble(kata, caught)
    assert expected in line
    assert "\n" not in line


def test_missing_stub_names_the_command_that_brings_it_back(kata):
    kata.stub.unlink()
    with pytest.raises(ModuleNotFoundError) as caught:
        importlib.import_module("test_trouble_stub")
    assert import_trouble(kata, caught.value) == (
        "trouble_stub.py is missing from 03_trouble: `kata reset 3` brings it back"
    )


def test_cause_is_found_behind_the_error_of_the_collection(kata):
    error = pytest.Collector.CollectError("long text")
    error.__cause__ = ModuleNotFoundError("No module named 'nothing'", name="nothing")
    assert "there is no module 'nothing'" in import_trouble(kata, error)
