"""CPython's own tests of threads, locks and queues pass on our primitives as they pass on the real ones."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from pathlib import Path

import pytest

RUNNER = Path(__file__).with_name("run_stdlib.py")
LIMIT = 280  # seconds for one module; it takes 5 to 20 on an idle machine

MODULES = (
    "test_threading",
    "test_thread",
    "test_queue",
    "test_threading_local",
    "test_threadsignals",
    "test_sched",
    "test_contextlib",
    "test_concurrent_futures:ThreadPool*,FutureTests",
    "test_logging:HandlerTest,MemoryHandlerTest,QueueHandlerTest,ShutdownTest,SocketHandlerTest",
)

RUNS = [("installed", name) for name in MODULES[:3]] + [("watched", name) for name in MODULES]

EXCUSED = {
    "test_threading.ThreadTests.test_import_from_another_thread": (
        "wants that nothing has imported threading; our children have"
    ),
    "test_threading.ThreadTests.test_join_nondaemon_on_shutdown": "prints the repr of time.sleep",
    "test_threading.ThreadTests.test_finalize_daemon_thread_hang": "fails wherever logging was imported before",
}
if sys.version_info < (3, 13):
    EXCUSED["test_threading.ThreadTests.test_disallow_instantiation"] = (
        "type(Lock()) makes locks, as it does from 3.13 on"
    )


def run(mode: str, argument: str, result: Path) -> dict[str, str]:
    """Run one argument's tests in a process of its own; return what went wrong with each that failed."""
    command = [sys.executable, str(RUNNER), mode, str(result), argument]
    done = subprocess.run(
        command, cwd=result.parent, capture_output=True, text=True, timeout=LIMIT, check=False
    )
    assert done.returncode == 0, f"{done.stdout[-2000:]}\n{done.stderr[-4000:]}"
    found = json.loads(result.read_text(encoding="utf-8"))
    assert found["run"] > found["skipped"]
    return {
        name: text
        for name, text in found["bad"].items()
        if not any(name.endswith(excused) for excused in EXCUSED)
    }


def failing_only_here(mode: str, argument: str, result: Path) -> dict[str, str]:
    """Return the failures that happen again, and not natively: some of these tests measure time."""
    bad = run(mode, argument, result)
    for again in (mode, "native"):
        if not bad:
            return {}
        classes = ",".join(sorted({name.split(".")[-2] for name in bad}))
        there = run(again, f"{argument.partition(':')[0]}:{classes}", result)
        bad = {name: text for name, text in bad.items() if (name in there) == (again == mode)}
    return bad


@pytest.mark.skipif(
    importlib.util.find_spec("test.lock_tests") is None,
    reason="the standard library's tests are not installed",
)
@pytest.mark.timeout(4 * LIMIT)
@pytest.mark.parametrize(("mode", "argument"), RUNS, ids=[f"{m}-{a.partition(':')[0]}" for m, a in RUNS])
def test_passes_on_our_primitives_as_on_the_real_ones(mode: str, argument: str, tmp_path: Path) -> None:
    name = argument.partition(":")[0]
    if importlib.util.find_spec(f"test.{name}") is None:
        pytest.skip(f"the standard library's {name} is not installed")
    bad = failing_only_here(mode, argument, tmp_path / "result.json")
    assert not bad, "\n".join(f"{name}\n{text}" for name, text in bad.items())
