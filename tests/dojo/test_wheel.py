"""The built wheel in a fresh environment, without the clone: init, run, watch, reset, update."""

from __future__ import annotations

import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest
import tmux

ROOT = Path(__file__).resolve().parents[2]

pytestmark = [
    pytest.mark.timeout(600),
    pytest.mark.skipif(sys.platform == "win32", reason="paths of the environment are those of POSIX"),
]


def run(*command, cwd, code=0):
    words = [str(word) for word in command]
    done = subprocess.run(words, cwd=cwd, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def environment(tmp_path_factory):
    """A fresh environment with the wheel; what the wheel needs is borrowed from this one."""
    pytest.importorskip("hatchling")
    folder = tmp_path_factory.mktemp("fresh")
    run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder, cwd=ROOT)
    (wheel,) = folder.glob("*.whl")
    run(sys.executable, "-m", "venv", "--without-pip", folder / "venv", cwd=folder)
    python = folder / "venv" / "bin" / "python"
    site = Path(
        run(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))", cwd=folder).strip()
    )
    (site / "borrowed.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
    run(
        sys.executable,
        "-m",
        "pip",
        "--python",
        python,
        "install",
        "-q",
        "--no-deps",
        "--no-index",
        wheel,
        cwd=folder,
    )
    return folder / "venv" / "bin"


@pytest.fixture
def dojo(environment, tmp_path):
    run(environment / "kata", "init", "dojo", cwd=tmp_path)
    return tmp_path / "dojo"


def test_package_is_the_wheel_and_not_the_clone(environment, tmp_path):
    code = "import pytest_sensei; print(pytest_sensei.__file__)"
    out = run(environment / "python", "-c", code, cwd=tmp_path)
    assert Path(out.strip()).is_relative_to(environment.parent)


def test_every_start_of_pytest_looks_at_few_files(environment, tmp_path):
    code = "import importlib.metadata as m; print(*m.distribution('pytest-sensei').files, sep='\\n')"
    files = [Path(line) for line in run(environment / "python", "-c", code, cwd=tmp_path).splitlines()]
    answers = [*(ROOT / "tests" / "mistakes").glob("*/*.py"), *(ROOT / "tests" / "answers").glob("*/*.py")]
    assert not {file.parts[-2:] for file in answers} & {file.parts[-2:] for file in files}


def test_katas_are_there_and_run(environment, dojo):
    shipped = {path.name for path in (ROOT / "katas").iterdir() if (path / "hints.toml").is_file()}
    assert {path.name for path in (dojo / "katas").iterdir()} == shipped
    out = run(environment / "kata", "run", "3", cwd=dojo, code=1)
    assert "[R] 03_semaphore" in out
    out = run(environment / "python", "-m", "pytest", "katas/03_semaphore", "--solutions", cwd=dojo)
    assert "03_semaphore" in out
    assert "03 Semaphore" in run(environment / "kata", cwd=dojo)


def test_stub_comes_back_and_reading_matter_is_there(environment, dojo):
    stub = dojo / "katas" / "03_semaphore" / "semaphore.py"
    before = stub.read_text()
    stub.write_text("mine = 1\n")
    run(environment / "kata", "reset", "3", "--yes", cwd=dojo)
    assert stub.read_text() == before
    assert "-mine = 1" not in run(environment / "kata", "solution", "3", "--yes", cwd=dojo)
    assert "forgets_to_wake" in run(environment / "kata", "mistakes", "3", "--yes", cwd=dojo)
    out = run(environment / "kata", "mistakes", "3", "forgets_to_wake", "--yes", cwd=dojo)
    assert "STALLED" in out
    assert run(environment / "kata", "update", cwd=dojo) == "the katas are up to date\n"


@pytest.mark.skipif(not tmux.INSTALLED, reason="tmux is not installed")
def test_learners_way_in_a_terminal(environment, dojo):
    stub = dojo / "katas" / "03_semaphore" / "semaphore.py"
    with tmux.terminal(dojo, height=40) as term:
        term.type(f"clear; {environment / 'kata'} watch 3")
        term.see("[R] red  03 Semaphore")
        shutil.copy(ROOT / "tests" / "mistakes" / "03_semaphore" / "forgets_to_wake.py", stub)
        term.see("[B] black  03 Semaphore", "STALLED", "hint 1 of")
        term.press("h")
        term.see("hint 2 of")
        shutil.copy(ROOT / "solutions" / "03_semaphore" / "semaphore.py", stub)
        term.see("[G] green  03 Semaphore", "press n to go on to 04 Event")
        term.press("n")
        term.see("04 Event  0 of", "q quit")
        term.press("q")
        term.see("as you left it")
