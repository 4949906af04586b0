"""The standard library's own tests give the same results native and instrumented."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

SCRIPT = Path(__file__).with_name("run_unittests.py")
LIMIT = 600  # seconds for all files of one mode; they take 20 to 45 of CPU time

FILES: dict[str, list[str]] = {
    "test.test_asyncgen": [],
    "test.test_augassign": [],
    "test.test_binop": [],
    "test.test_bool": [],
    "test.test_call": [],
    "test.test_class": [],
    "test.test_compare": [],
    "test.test_configparser": [],
    "test.test_contains": [],
    "test.test_contextlib": ["contextlib"],
    "test.test_copy": ["copy"],
    "test.test_coroutines": [],
    "test.test_dataclasses": ["dataclasses"],
    "test.test_decorators": [],
    "test.test_deque": [],
    "test.test_descr": [],
    "test.test_dict": [],
    "test.test_dictcomps": [],
    "test.test_dictviews": [],
    "test.test_dynamicclassattribute": [],
    "test.test_enum": [],
    "test.test_fractions": ["fractions"],
    "test.test_fstring": [],
    "test.test_funcattrs": [],
    "test.test_functools": ["functools"],
    "test.test_generators": [],
    "test.test_global": [],
    "test.test_grammar": [],
    "test.test_heapq": [],
    "test.test_iter": [],
    "test.test_json": ["json", "json.decoder", "json.encoder", "json.scanner"],
    "test.test_keywordonlyarg": [],
    "test.test_list": [],
    "test.test_listcomps": [],
    "test.test_named_expressions": [],
    "test.test_operator": ["operator"],
    "test.test_ordered_dict": [],
    "test.test_patma": [],
    "test.test_positional_only_arg": [],
    "test.test_pprint": ["pprint"],
    "test.test_property": [],
    "test.test_raise": [],
    "test.test_reprlib": ["reprlib"],
    "test.test_scope": [],
    "test.test_setcomps": [],
    "test.test_shlex": ["shlex"],
    "test.test_slice": [],
    "test.test_super": [],
    "test.test_textwrap": ["textwrap"],
    "test.test_threading_local": ["_threading_local"],
    "test.test_type_params": [],
    "test.test_types": [],
    "test.test_typing": ["typing"],
    "test.test_unpack": [],
    "test.test_unpack_ex": [],
    "test.test_userdict": ["collections", "_collections_abc"],
    "test.test_with": [],
    "test.test_yield_from": [],
}
"""Test files, and the library modules that are instrumented besides."""

KNOWN = {
    "test.test_descr.ClassPropertiesAndMethods.test_slots": "counts the objects of the whole interpreter",
    "test.test_descr.ClassPropertiesAndMethods.test_vicious_descriptor_nonsense": (
        "plants a key with an `__eq__` of its own into a class's namespace; looking for a name there runs it"
    ),
    "test.test_descr.MiscTests.test_type_lookup_mro_reference": "likewise",
}
"""The tests that are known to differ, and why."""

Results = dict[str, dict[str, Any]]


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> tuple[Results, Results]:
    """Run all files native and instrumented, at the same time."""
    pytest.importorskip(
        "test.list_tests", reason="this Python comes without the tests of its standard library"
    )
    folder = tmp_path_factory.mktemp("stdlib")
    job = folder / "job.json"
    job.write_text(json.dumps([row for row in FILES.items() if importlib.util.find_spec(row[0])]))
    native, instrumented = [start(mode, job, folder / mode) for mode in ("native", "instrumented")]
    return finish(native, folder / "native"), finish(instrumented, folder / "instrumented")


def start(mode: str, job: Path, folder: Path) -> subprocess.Popen[bytes]:
    folder.mkdir()
    with (folder / "log").open("wb") as log:
        return subprocess.Popen(
            [sys.executable, "-W", "ignore", SCRIPT, mode, job, folder / "results"],
            cwd=folder,
            env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
            stdout=log,
            stderr=subprocess.STDOUT,
        )


def finish(process: subprocess.Popen[bytes], folder: Path) -> Results:
    try:
        process.wait(LIMIT)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        raise
    assert process.returncode == 0, (folder / "log").read_text()[-3000:]
    parsed: Results = json.loads((folder / "results").read_text())
    return parsed


def differences(native: Results, instrumented: Results) -> Iterator[tuple[str, str | None, str | None, str]]:
    for name, was in native.items():
        outcomes, others = was["outcomes"], instrumented[name]["outcomes"]
        for test in sorted({*outcomes, *others}):
            if outcomes.get(test) != others.get(test) and test not in KNOWN:
                text = instrumented[name]["tracebacks"].get(test, "")
                yield test, outcomes.get(test), others.get(test), text


@pytest.mark.timeout(2 * LIMIT)
def test_every_test_ends_as_it_does_natively(results: tuple[Results, Results]) -> None:
    native, instrumented = results
    assert list(differences(native, instrumented)) == []
    assert sum(len(each["outcomes"]) for each in native.values()) > 4000


@pytest.mark.timeout(2 * LIMIT)
def test_no_function_is_left_out(results: tuple[Results, Results]) -> None:
    _, instrumented = results
    assert {name: each["uncovered"] for name, each in instrumented.items() if each["uncovered"]} == {}


@pytest.mark.timeout(2 * LIMIT)
def test_the_instrumented_run_announced(results: tuple[Results, Results]) -> None:
    native, instrumented = results
    assert sum(each["accesses"] for each in native.values()) == 0
    assert sum(each["accesses"] for each in instrumented.values()) > 100_000
