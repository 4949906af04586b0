"""`kata watch` in a terminal, driven by a script."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
import tmux
from kata_folders import RIGHT, STUB, make_kata, write
from pytest_sensei.dojo.files import write_atomically
from pytest_sensei.dojo.journal import Journal
from pytest_sensei.dojo.workspace import FOLDER, SHIPPED

needs_tmux = pytest.mark.skipif(not tmux.INSTALLED, reason="tmux is not installed")

KATA = f"{sys.executable} -c \"from pytest_sensei.dojo.cli import main; main(prog_name='kata')\""
DEADLOCK = """\
import threading

lock = threading.Lock()


def add(a, b):
    lock.acquire()
    lock.acquire()
"""
ENDLESS = """\
import time


def add(a, b):
    time.sleep(9)
"""
TELLS_ITS_PID = """\
import os
import time


def add(a, b):
    with open({file!r}, "w") as file:
        file.write(str(os.getpid()))
    time.sleep(9)
"""
KEYS = "n next   h hint   r run again"


@pytest.fixture
def katas():
    """A folder as `kata init` makes it; its path is short, so that no line of the screen is too long."""
    with tempfile.TemporaryDirectory(prefix="k") as name:
        folder = Path(name)
        for kata in ("03_adding", "04_summing"):
            make_kata(folder / "katas", kata)
            make_kata(folder / FOLDER / SHIPPED, kata)
        yield folder


@pytest.fixture
def stub(katas):
    return katas / "katas" / "03_adding" / "adding.py"


@pytest.fixture(params=[(80, 24), (120, 40)], ids=["80x24", "120x40"])
def size(request):
    return {"width": request.param[0], "height": request.param[1]}


@needs_tmux
def test_a_learners_way_from_the_first_run_to_the_next_kata(katas, stub, size):
    with tmux.terminal(katas, **size) as term:
        term.type(f"clear; {KATA} watch 3")
        screen = term.see("[R] red  03 Adding  0 of 1 tests pass", "NotImplementedError", KEYS)
        assert "adds two numbers" in screen
        write(stub, DEADLOCK)
        screen = term.see("[B] black  03 Adding", "SELF-DEADLOCK", "lock.acquire()", "hint 1 of", KEYS)
        assert screen.index("SELF-DEADLOCK") < screen.index("hint 1 of") < screen.index(KEYS)
        term.press("h")
        term.see("hint 2 of")
        write_atomically(stub, RIGHT.encode())
        term.see("[G] green  03 Adding  1 of 1 tests pass", "press n to go on to 04 Summing")
        term.press("n")
        term.see("[R] red  04 Summing", KEYS)
        term.press("q")
        term.see("katas/04_summing/summing.py is as you left it", "ready>")
    lights = [(run.kata, run.outcome.light.value) for run in Journal(katas).runs()]
    assert lights == [("03_adding", "R"), ("03_adding", "B"), ("03_adding", "G"), ("04_summing", "R")]


@needs_tmux
def test_green_does_not_move_on_by_itself(katas, stub):
    write(stub, RIGHT)
    with tmux.terminal(katas) as term:
        term.type(f"clear; {KATA} watch 3")
        term.see("[G] green  03 Adding")
        write(stub, STUB)
        term.see("[R] red  03 Adding")


@needs_tmux
def test_save_during_a_run_starts_it_anew(katas, stub):
    write(stub, ENDLESS)
    with tmux.terminal(katas) as term:
        term.type(f"clear; {KATA} watch 3")
        term.see("03 Adding  running")
        write(stub, RIGHT)
        term.see("[G] green  03 Adding")


@needs_tmux
def test_keys_work_and_unknown_ones_name_the_known(katas):
    with tmux.terminal(katas, height=50) as term:
        term.type(f"clear; {KATA} watch 3")
        term.see("[R] red  03 Adding", KEYS)
        term.press("l")
        term.see("[R]   03_adding", "<- here")
        term.press("o")
        term.see("short test summary info")
        term.press("x")
        assert term.see(KEYS).count(KEYS) >= 3
        term.press("r")
        term.see("[R] red  03 Adding", KEYS)
        term.press("q")


def settings_of_the_terminal(term):
    term.type("clear; echo 'stty'' is' $(stty -g)")  # as typed it is not yet what is waited for
    screen = term.see("stty is ")
    return next(line for line in screen.splitlines() if line.startswith("stty is "))


@needs_tmux
@pytest.mark.parametrize("end", ["q", "C-c", "SIGTERM", "SIGHUP", "crash"])
def test_terminal_is_left_as_it_was(katas, end):
    with tmux.terminal(katas) as term:
        before = settings_of_the_terminal(term)
        if end == "crash":
            crash = "import pytest_sensei.dojo.watch_page as p; p.result = None; "
            term.type(f"clear; {KATA.replace('from pytest', crash + 'from pytest', 1)} watch 3")
            term.see("TypeError", "ready>")
        else:
            term.type(f"clear; (echo $BASHPID > pid; exec {KATA} watch 3)")
            term.see("[R] red  03 Adding")
            if end.startswith("SIG"):
                os.kill(int((katas / "pid").read_text()), getattr(signal, end))
            else:
                term.press(end)
        term.see("ready>")
        assert settings_of_the_terminal(term) == before


@needs_tmux
@pytest.mark.parametrize("env", [{"NO_COLOR": "1"}, {"TERM": "dumb"}], ids=["NO_COLOR", "dumb"])
def test_plain_terminal_gets_plain_lines_in_order(katas, stub, env):
    with tmux.terminal(katas, height=60, **env) as term:
        term.type(f"{' '.join(f'{name}={value}' for name, value in env.items())} {KATA} watch 3")
        term.see("[R] red  03 Adding")
        write(stub, RIGHT)
        screen = term.see("[G] green  03 Adding")
        assert screen.index("[R] red") < screen.index("[G] green")  # nothing was wiped away
        assert screen.isascii()
        term.press("q")
        term.see("as you left it")


def watching(katas, **options):
    command = [sys.executable, "-u", "-c", "from pytest_sensei.dojo.cli import main; main()", "watch", "3"]
    return subprocess.Popen(command, cwd=katas, text=True, stdout=subprocess.PIPE, **options)


def read_until(process, text):
    lines = []
    for line in process.stdout:
        lines.append(line)
        if text in line:
            return "".join(lines)
    raise AssertionError(f"{text!r} did not come\n{''.join(lines)}")


@pytest.mark.skipif(sys.platform == "win32", reason="keys come from the console there")
def test_without_a_terminal_saves_are_followed_and_lines_are_keys(katas, stub):
    with watching(katas, stdin=subprocess.PIPE) as process:
        assert "\x1b" not in read_until(process, KEYS)
        write(stub, RIGHT)
        read_until(process, "[G] green  03 Adding")
        process.stdin.write("q\n")
        process.stdin.flush()
        read_until(process, "as you left it")
        assert process.wait(60) == 0


@pytest.mark.skipif(sys.platform == "win32", reason="a polite kill is a signal")
def test_with_no_input_it_watches_until_it_is_told_to_end(katas, stub):
    with watching(katas, stdin=subprocess.DEVNULL) as process:
        read_until(process, KEYS)
        write(stub, RIGHT)
        read_until(process, "[G] green  03 Adding")
        process.terminate()
        assert process.wait(60) == 128 + signal.SIGTERM


@pytest.mark.skipif(sys.platform == "win32", reason="kills with a signal")
def test_ended_in_the_middle_of_a_run_it_takes_the_run_with_it(katas, stub):
    pid_file = katas / "pid"
    write(stub, TELLS_ITS_PID.format(file=str(pid_file)))
    with watching(katas, stdin=subprocess.DEVNULL) as process:
        read_until(process, "03 Adding  running")
        while not pid_file.exists() or not pid_file.read_text():
            assert process.poll() is None
        process.terminate()
        process.wait(60)
        with pytest.raises(ProcessLookupError):
            os.kill(int(pid_file.read_text()), 0)
    assert stub.is_file()
