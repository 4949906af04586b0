"""`--answer` and `--solutions` through pytest's command line."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from kata_folders import RIGHT, make_clone, write

WHO_STUB = "def who():\n    return 'the stub'\n"
WHO_ANSWER = "def who():\n    return 'the answer'\n"
PROCESS_TESTS = """\
import multiprocessing

import pytest
from adding import who

MAIN_WHO = who()


def tell(queue):
    import adding
    queue.put((adding.who(), MAIN_WHO))


def tell_grandchild(queue, method):
    child = multiprocessing.get_context(method).Process(target=tell, args=(queue,))
    child.start()
    child.join()


@pytest.mark.parametrize("method", {methods!r})
@pytest.mark.parametrize("depth", [1, 2])
def test_child_imports_it(method, depth):
    context = multiprocessing.get_context(method)
    queue = context.Queue()
    if depth == 1:
        child = context.Process(target=tell, args=(queue,))
    else:
        child = context.Process(target=tell_grandchild, args=(queue, method))
    child.start()
    assert queue.get(timeout=60) == ({who!r}, {who!r})
    child.join()
    child.close()
    queue.close()
    queue.join_thread()
"""
METHODS = ["spawn"] if sys.platform == "win32" else ["fork", "spawn", "forkserver"]


@pytest.fixture
def clone(pytester):
    return make_clone(pytester.path, "03_adding", "04_summing")


def test_stub_fails_and_the_answer_passes(clone, pytester):
    write(clone / "mine" / "any_name.py", RIGHT)
    pytester.runpytest_subprocess("katas/03_adding").assert_outcomes(failed=1)
    pytester.runpytest_subprocess("katas/03_adding", "--answer=mine/any_name.py").assert_outcomes(passed=1)


def test_solutions_answer_several_katas_in_one_run(clone, pytester):
    pytester.runpytest_subprocess("katas", "--solutions").assert_outcomes(passed=2)


def test_answer_holds_under_xdist_with_relative_paths_from_elsewhere(clone, pytester, monkeypatch):
    write(clone / "mine" / "03_adding" / "adding.py", RIGHT)
    write(clone / "mine" / "summing.py", RIGHT)
    monkeypatch.chdir(clone / "mine")
    result = pytester.runpytest_subprocess("../katas", "--answer=.", "-n2", "--rootdir=..")
    result.assert_outcomes(passed=2)


def test_answer_holds_from_inside_the_kata(clone, pytester, monkeypatch):
    monkeypatch.chdir(clone / "katas" / "03_adding")
    pytester.runpytest_subprocess("--solutions").assert_outcomes(passed=1)
    pytester.runpytest_subprocess("--answer=../../solutions").assert_outcomes(passed=1)


def test_file_named_as_one_stub_leaves_the_other_kata_alone(clone, pytester):
    result = pytester.runpytest_subprocess("katas", "--answer=solutions/03_adding/adding.py")
    result.assert_outcomes(passed=1, failed=1)


def test_traceback_shows_the_answers_own_path(clone, pytester):
    write(clone / "mine" / "broken.py", "def add(a, b):\n    return a / 0\n")
    result = pytester.runpytest_subprocess("katas/03_adding", "--answer=mine/broken.py", "--tb=native")
    assert str(Path("mine", "broken.py")) in result.stdout.str()


@pytest.mark.parametrize("who", ["the answer", "the stub"])
def test_children_import_what_the_parent_imports(clone, pytester, who):
    folder = clone / "katas" / "03_adding"
    write(folder / "adding.py", WHO_STUB)
    write(folder / "test_adding.py", PROCESS_TESTS.format(methods=METHODS, who=who))
    answer = write(clone / "mine" / "adding.py", WHO_ANSWER)
    option = [f"--answer={answer}"] if who == "the answer" else []
    result = pytester.runpytest_subprocess("katas/03_adding", *option)
    result.assert_outcomes(passed=2 * len(METHODS))


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["katas/03_adding", "--answer=gone.py"], "*--answer=gone.py: gone.py does not exist (*adding.py*"),
        (["katas/03_adding", "--answer=notes.txt"], "*notes.txt is not a Python file or a folder*"),
        (["katas/03_adding", "--answer=mine"], "*looked for mine/adding.py, mine/03_adding/adding.py*"),
        (["katas", "--answer=mine/other.py"], "*other.py could answer any of 2 katas*adding.py, summing.py*"),
        (["elsewhere", "--answer=mine/other.py"], "*no kata at or below elsewhere*"),
        (["katas", "--answer=mine", "--solutions"], "*--answer and --solutions exclude each other*"),
    ],
)
def test_wrong_option_is_a_usage_error_of_one_line(clone, pytester, args, message):
    write(clone / "notes.txt", "")
    write(clone / "mine" / "other.py", RIGHT)
    write(clone / "elsewhere" / "test_other.py", "def test_other(): pass\n")
    result = pytester.runpytest_subprocess(*args)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    errors = [line for line in result.errlines if line.startswith("ERROR: ")]
    assert len(errors) == 1
    result.stderr.fnmatch_lines([message])


def test_wrong_option_under_xdist_is_told_once(clone, pytester):
    result = pytester.runpytest_subprocess("katas/03_adding", "--answer=gone.py", "-n2")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert result.stderr.str().count("gone.py does not exist") == 1


def test_broken_hints_file_is_a_usage_error(clone, pytester):
    write(clone / "katas" / "03_adding" / "hints.toml", "[kata\n")
    result = pytester.runpytest_subprocess("katas", "--solutions")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*03_adding/hints.toml:1: *"])


def test_without_the_option_nothing_is_redirected(clone, pytester):
    write(
        clone / "test_clean.py",
        "import sys\ndef test_clean():\n    assert 'pytest_sensei.dojo.redirect' not in sys.modules\n",
    )
    # A cold start: a warm one has imported everything.
    pytester.run(sys.executable, "-m", "pytest", "test_clean.py").assert_outcomes(passed=1)
