"""How a family is broken up: children that resist, ends that are closed, a clean start for the next test, Ctrl-C."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import time
import uuid
from typing import TYPE_CHECKING

import pytest
from process_runs import HEADER, LIMIT, METHODS, Outcome, run, survivors

if TYPE_CHECKING:
    from pathlib import Path

HEADER += textwrap.dedent(
    """
    KEPT = []

    def hang(mine, theirs, ready):
        with theirs:
            ready.set()
            with mine:
                pass

    def wait_for_each_other(target):
        mine, theirs, ready = ctx.Lock(), ctx.Lock(), ctx.Event()
        ends = ctx.Pipe()
        KEPT.append(ends)
        with mine:
            ctx.Process(target=target, args=(mine, theirs, ready)).start()
            ready.wait()
            with theirs:
                pass

    def sleeper():
        return [sys.executable, "-c", "import time; time.sleep(600)"]
    """
)

RESISTING = {
    "ignores_sigterm": """
        def ignores_sigterm(*locks):
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            hang(*locks)
        """,
    "catches_sigterm_and_goes_on": """
        def catches_sigterm_and_goes_on(*locks):
            signal.signal(signal.SIGTERM, lambda *_: threading.Event().wait())
            hang(*locks)
        """,
    "leads_a_session": """
        def leads_a_session(*locks):
            os.setsid()
            signal.signal(signal.SIGHUP, signal.SIG_IGN)
            hang(*locks)
        """,
    "has_a_child_of_its_own": """
        def has_a_child_of_its_own(*locks):
            ctx.Process(target=time.sleep, args=(600,)).start()
            hang(*locks)
        """,
    "has_a_deaf_grandchild": """
        def be_deaf(ready):
            for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
                signal.signal(number, signal.SIG_IGN)
            os.setsid()
            ready.set()
            time.sleep(600)
        def have_a_deaf_child(ready):
            ctx.Process(target=be_deaf, args=(ready,)).start()
            time.sleep(600)
        def has_a_deaf_grandchild(*locks):
            ready = ctx.Event()
            ctx.Process(target=have_a_deaf_child, args=(ready,)).start()
            ready.wait()
            hang(*locks)
        """,
    "has_a_stopped_program": """
        def has_a_stopped_program(*locks):
            program = subprocess.Popen(sleeper())
            os.kill(program.pid, signal.SIGSTOP)
            hang(*locks)
        """,
    "has_a_program_of_another_session": """
        def has_a_program_of_another_session(*locks):
            subprocess.Popen(sleeper(), start_new_session=True)
            hang(*locks)
        """,
}

STOPPED_BESIDE = """
def test_a_stopped_child_beside_the_knot():
    beside = ctx.Process(target=time.sleep, args=(600,))
    beside.start()
    os.kill(beside.pid, signal.SIGSTOP)
    wait_for_each_other(hang)
"""

NEXT = """
def pipes_and_sockets():
    found = []
    for fd in os.listdir("/proc/self/fd"):
        try:
            found.append(os.readlink(f"/proc/self/fd/{fd}"))
        except OSError:
            pass
    return sorted(name for name in found if name.startswith(("pipe:", "socket:")))

def test_at_first():
    lock = ctx.Lock()          # starts the resource tracker where there is one
    process = ctx.Process(target=int)
    process.start()
    process.join()
    process.close()
    KEPT.append(pipes_and_sockets())

def test_at_last():
    import psutil
    helpers = ("resource_tracker", "forkserver")
    children = [each for each in psutil.Process().children(recursive=True)
                if not any(word in " ".join(each.cmdline()) for word in helpers)]
    assert children == []
    assert multiprocessing.active_children() == []
    assert set(pipes_and_sockets()) <= set(KEPT[0])
"""


def resisting_source(method: str) -> str:
    tests = "".join(f"def test_{name}():\n    wait_for_each_other({name})\n" for name in RESISTING)
    bodies = "".join(textwrap.dedent(text) for text in RESISTING.values())
    first, _, last = NEXT.partition("def test_at_last")
    return HEADER.format(method=method) + first + bodies + tests + STOPPED_BESIDE + "def test_at_last" + last


@pytest.fixture(scope="module", params=METHODS)
def broken(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    folder = tmp_path_factory.mktemp(request.param)
    return run(folder, resisting_source(request.param), "--sensei-leaks=error")


@pytest.mark.parametrize("name", [*RESISTING, "a_stopped_child_beside_the_knot"])
def test_a_deadlock_with_a_child_that_resists_is_proved_and_told_once(broken: Outcome, name: str) -> None:
    kinds = [finding["kind"] for finding in broken.findings.get(f"test_{name}", [])]
    assert kinds == ["deadlock-cycle"], broken.output


def test_the_next_test_finds_no_process_and_no_open_end(broken: Outcome) -> None:
    assert "test_at_last" not in broken.findings, broken.output
    assert (broken.passed, broken.failed) == (2, len(RESISTING) + 1), broken.output


def test_nobody_survives_the_session(broken: Outcome) -> None:
    assert broken.survivors == []


# -- Ctrl-C

STUBBORN = """
def be_deaf(marker):
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    os.setsid()
    open(marker, "w").close()
    time.sleep(600)

def start(marker):
    process = ctx.Process(target=be_deaf, args=(marker,))
    process.start()
    while not os.path.exists(marker):
        time.sleep(0.01)
    return process
"""

INTERRUPTED = {
    "in_a_join": """
        def test_it():
            process = start("deaf")
            open("now", "w").close()
            process.join()
        """,
    "in_a_fixture": """
        @pytest.fixture(scope="session")
        def server():
            process = start("deaf")
            open("now", "w").close()
            process.join()
        def test_it(server): pass
        """,
    "in_python_code": """
        def test_it():
            start("deaf")
            open("now", "w").close()
            while True: pass
        """,
    "with_a_stopped_child": """
        def test_it():
            process = start("deaf")
            os.kill(process.pid, signal.SIGSTOP)
            open("now", "w").close()
            process.join()
        """,
    "with_an_orphan": """
        def leave_a_child():
            start("deaf")
            os._exit(0)
        def test_it():
            process = ctx.Process(target=leave_a_child)
            process.start()
            process.join()
            open("now", "w").close()
            while True: time.sleep(1)
        """,
    "in_the_grace_after_a_test": """
        def test_it():
            start("deaf")
            open("now", "w").close()
        """,
    "in_the_test_after_the_one_that_left_it": """
        @pytest.mark.sensei(leaks="off")
        def test_it():
            start("deaf")
        def test_next():
            open("now", "w").close()
            time.sleep(600)
        """,
}


def interrupt(folder: Path, source: str, *args: str, again: bool = False) -> tuple[str, int, list[str]]:
    """Run pytest, press Ctrl-C when the test says so (or again and again from then on), and look who is left."""
    (folder / "test_it.py").write_text(source)
    (folder / "pytest.ini").write_text("[pytest]\nsensei_grace = 5\n")
    tag = str(uuid.uuid4())
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "--timeout=60", "-q", *args]
    with (folder / "output.txt").open("w+") as output:
        process = subprocess.Popen(
            command,
            cwd=folder,
            stdout=output,
            stderr=output,
            start_new_session=True,
            env={**os.environ, "SENSEI_TAG": tag},
        )
        deadline = time.monotonic() + LIMIT
        while not (folder / "now").exists() and process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.01)
        os.killpg(process.pid, signal.SIGINT)  # as a terminal does: to the whole group
        while again and process.poll() is None and time.monotonic() < deadline:
            os.killpg(process.pid, signal.SIGINT)
            time.sleep(0.03)
        code = process.wait(LIMIT)
        output.seek(0)
        return output.read(), code, survivors(f"SENSEI_TAG={tag}")


@pytest.mark.parametrize("name", INTERRUPTED)
def test_ctrl_c_leaves_no_process_behind(name: str, tmp_path: Path) -> None:
    source = HEADER.format(method="fork") + STUBBORN + textwrap.dedent(INTERRUPTED[name])
    output, code, left = interrupt(tmp_path, source)
    assert left == [], output
    assert code == pytest.ExitCode.INTERRUPTED, output


@pytest.mark.parametrize("method", METHODS)
def test_ctrl_c_under_each_start_method(method: str, tmp_path: Path) -> None:
    source = HEADER.format(method=method) + STUBBORN + textwrap.dedent(INTERRUPTED["in_a_join"])
    output, code, left = interrupt(tmp_path, source)
    assert left == [], output
    assert code == pytest.ExitCode.INTERRUPTED, output


@pytest.mark.parametrize("name", ["in_a_join", "in_the_grace_after_a_test"])
def test_an_impatient_user_leaves_no_process_behind(name: str, tmp_path: Path) -> None:
    source = HEADER.format(method="fork") + STUBBORN + textwrap.dedent(INTERRUPTED[name])
    output, code, left = interrupt(tmp_path, source, again=True)
    assert left == [], output
    assert code != 0


def test_ctrl_c_under_xdist_leaves_no_process_behind(tmp_path: Path) -> None:
    source = HEADER.format(method="fork") + STUBBORN + textwrap.dedent(INTERRUPTED["in_a_join"])
    output, code, left = interrupt(tmp_path, source, "-n2")
    assert left == [], output
    assert code == pytest.ExitCode.INTERRUPTED, output


def test_a_child_of_a_worker_of_xdist_is_told_and_ended(tmp_path: Path) -> None:
    """It is forked, so its command line is the worker's: nothing in that tells that it may stay."""
    source = HEADER.format(method="fork") + textwrap.dedent(
        """
        def test_it():
            ctx.Process(target=time.sleep, args=(600,)).start()
        """
    )
    outcome = run(tmp_path, source, "-n1", "--sensei-leaks=error", "-W", "ignore::DeprecationWarning")
    assert [finding["kind"] for finding in outcome.findings["test_it"]] == ["leaked-process"], outcome.output
    assert outcome.survivors == []
