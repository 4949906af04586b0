"""What a graded answer may not do. Nothing is done here: the guard is asked, as the interpreter asks it."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from pytest_sensei.dojo import guard
from pytest_sensei.dojo.guard import Guard

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="sessions and signals are those of POSIX")


@pytest.fixture
def ask(tmp_path):
    return Guard(os.path.realpath(tmp_path))


@pytest.mark.parametrize("target", [-1, 1, -os.getppid() if os.getsid(os.getppid()) != os.getsid(0) else -1])
def test_signals_to_others_are_refused(ask, target):
    with pytest.raises(PermissionError, match="own processes only"):
        ask("os.kill", (target, 9))


def test_signals_to_groups_of_others_are_refused(ask):
    with pytest.raises(PermissionError):
        ask("os.killpg", (1, 9))


def test_signals_at_home_are_allowed(ask):
    for target in (0, os.getpid(), -os.getpgid(0)):
        ask("os.kill", (target, 9))
    ask("os.killpg", (os.getpgid(0), 9))
    ask("os.kill", (2**22 + 1, 9))  # nobody is there


def test_signals_to_a_child_in_a_session_of_its_own_are_allowed(ask):
    with subprocess.Popen(
        [sys.executable, "-c", "input()"], stdin=subprocess.PIPE, start_new_session=True
    ) as child:
        ask("os.kill", (child.pid, 9))
        ask("os.killpg", (child.pid, 9))
        child.communicate(b"\n")


@pytest.mark.parametrize(
    ("event", "arguments"),
    [
        ("open", ("/etc/kata", "w", 0)),
        ("open", (b"/etc/kata", "a+", 0)),
        ("open", ("/etc/kata", None, os.O_WRONLY | os.O_CREAT)),
        ("os.remove", ("/etc/kata", -1)),
        ("os.rename", ("here", "/etc/kata", -1, -1)),
        ("os.rename", ("/etc/kata", "here", -1, -1)),
        ("os.symlink", ("here", "/etc/kata", -1)),
        ("shutil.rmtree", ("/etc/kata", None)),
    ],
)
def test_changes_elsewhere_are_refused(ask, monkeypatch, tmp_path, event, arguments):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(PermissionError, match="below its own folder only"):
        ask(event, arguments)


def test_way_out_over_a_link_is_refused(ask, tmp_path):
    (tmp_path / "out").symlink_to("/etc")
    with pytest.raises(PermissionError):
        ask("open", (str(tmp_path / "out" / "kata"), "w", 0))


def test_reading_and_writing_at_home_are_allowed(ask, tmp_path):
    ask("open", ("/etc/passwd", "r", 0))
    ask("open", ("/etc/passwd", None, os.O_RDONLY))
    ask("open", (str(tmp_path / "notes"), "w", 0))
    ask("open", (3, "w", 0))
    ask("open", ("/dev/null", "w", 0))
    ask("os.remove", (str(tmp_path / "notes"), -1))
    ask("import", ("anything",))


@pytest.mark.parametrize(
    ("event", "arguments"),
    [
        ("os.system", (b"true",)),
        ("subprocess.Popen", ("/bin/sh", ["/bin/sh", "-c", "true"], None, None)),
        ("subprocess.Popen", ("no-such-program", ["no-such-program"], None, None)),
        ("os.exec", (b"/bin/sh", ["sh"], None)),
        ("os.posix_spawn", ("/bin/sh", ["sh"], {})),
        ("os.spawn", (os.P_NOWAIT, "/bin/sh", ["sh"], {})),
    ],
)
def test_programs_other_than_python_are_refused(tmp_path, ask, event, arguments):
    with pytest.raises(PermissionError, match="no program but Python"):
        ask(event, arguments)
    Guard(str(tmp_path), may_start=True)(event, arguments)


def test_python_may_be_started(ask):
    ask("subprocess.Popen", (sys.executable, [sys.executable, "-c", ""], None, None))
    ask("os.posix_spawn", (os.fsencode(sys.executable), [sys.executable], {}))


def test_without_its_folder_nothing_is_guarded(monkeypatch):
    monkeypatch.delenv(guard.FOLDER, raising=False)
    monkeypatch.setattr(sys, "addaudithook", lambda hook: pytest.fail("a hook stays for ever"))
    guard.install()
