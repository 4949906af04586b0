"""Which file answers which kata."""

from __future__ import annotations

import sys

import pytest
from kata_folders import RIGHT, make_clone, write
from pytest_sensei.dojo.answers import AnswerError, find_answers, find_solutions
from pytest_sensei.dojo.katas import forget_katas, katas_under
from pytest_sensei.dojo.redirect import Redirection


@pytest.fixture
def katas(tmp_path):
    forget_katas()
    return katas_under(make_clone(tmp_path, "03_adding", "04_summing") / "katas")


def test_file_named_as_a_stub_answers_that_kata(tmp_path, katas):
    answer = write(tmp_path / "summing.py", RIGHT)
    assert find_answers(answer, katas) == {"summing": answer}


def test_any_file_answers_the_only_kata(tmp_path, katas):
    answer = write(tmp_path / "my_own_name.py", RIGHT)
    assert find_answers(answer, katas[:1]) == {"adding": answer}


def test_folder_answers_each_kata_flat_or_in_subfolders(tmp_path, katas):
    flat = write(tmp_path / "mine" / "adding.py", RIGHT)
    nested = write(tmp_path / "mine" / "04_summing" / "summing.py", RIGHT)
    assert find_answers(tmp_path / "mine", katas) == {"adding": flat, "summing": nested}


def test_solutions_stand_beside_the_katas(tmp_path, katas):
    assert find_solutions(katas[:1]) == {"adding": tmp_path / "solutions" / "03_adding" / "adding.py"}


@pytest.mark.parametrize(
    ("path", "count", "message"),
    [
        ("missing.py", 1, "missing.py does not exist (looked for any .py file, or a folder with adding.py"),
        ("notes.txt", 1, "notes.txt is not a Python file or a folder"),
        ("other.py", 2, "other.py could answer any of 2 katas"),
        ("empty", 1, "nothing answers 03_adding: looked for empty/adding.py, empty/03_adding/adding.py"),
    ],
)
def test_error_lists_what_was_looked_for(tmp_path, monkeypatch, katas, path, count, message):
    monkeypatch.chdir(tmp_path)
    write(tmp_path / "notes.txt", "")
    write(tmp_path / "other.py", "")
    write(tmp_path / "empty" / "unrelated.py", "")
    with pytest.raises(AnswerError) as caught:
        find_answers(tmp_path / path, katas[:count])
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_redirection_leaves_nothing_behind(tmp_path):
    from multiprocessing import spawn

    answer = write(tmp_path / "an_answer.py", "WHO = 'the answer'\n")
    before = (list(sys.meta_path), spawn.get_preparation_data)
    redirection = Redirection({"redirected_for_test": str(answer)})
    redirection.start()
    try:
        import redirected_for_test  # type: ignore[import-not-found]

        assert redirected_for_test.WHO == "the answer"
        assert redirected_for_test.__file__ == str(answer)
    finally:
        redirection.stop()
    assert (list(sys.meta_path), spawn.get_preparation_data) == before
    assert "redirected_for_test" not in sys.modules


def test_module_loaded_from_elsewhere_is_loaded_anew(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(tmp_path)
    write(tmp_path / "redirected_twice.py", "WHO = 'the stub'\n")
    answer = write(tmp_path / "answers" / "redirected_twice.py", "WHO = 'the answer'\n")
    import redirected_twice  # type: ignore[import-not-found]

    assert redirected_twice.WHO == "the stub"
    redirection = Redirection({"redirected_twice": str(answer)})
    redirection.start()
    try:
        import redirected_twice as again

        assert again.WHO == "the answer"
    finally:
        redirection.stop()
