"""Noticing saves, also atomic ones and those without events."""

from __future__ import annotations

import errno
import os
import select
import sys

import pytest
from kata_folders import RIGHT, STUB, make_kata, write
from pytest_sensei.dojo import files
from pytest_sensei.dojo.files import write_atomically
from pytest_sensei.dojo.katas import read_kata
from pytest_sensei.dojo.saves import Saves, file_events


@pytest.fixture
def kata(tmp_path):
    return read_kata(make_kata(tmp_path, "03_adding"))


def test_change_is_told_once_when_it_has_settled(kata):
    saves = Saves(kata)
    assert not saves.changed()
    write(kata.stub, RIGHT)
    assert [saves.changed(), saves.settling] == [False, True]  # still being written, perhaps
    assert [saves.changed(), saves.settling] == [True, False]
    assert not saves.changed()


def test_change_that_goes_on_is_not_told_yet(kata):
    saves = Saves(kata)
    for number in range(3):
        write(kata.stub, f"x = {number}\n")
        assert not saves.changed()
    assert saves.changed()


def test_atomic_save_is_one_change(kata):
    saves = Saves(kata)
    write_atomically(kata.stub, RIGHT.encode())
    assert [saves.changed(), saves.changed(), saves.changed()] == [False, True, False]


def test_touch_and_temporary_files_are_no_change(kata):
    saves = Saves(kata)
    os.utime(kata.stub, (1, 1))
    write(kata.folder / ".adding.py.swp", "editor")
    write(kata.folder / "4913", "")
    assert [saves.changed(), saves.changed()] == [False, False]


def test_change_that_was_taken_back_is_no_change(kata):
    saves = Saves(kata)
    write(kata.stub, RIGHT)
    saves.changed()
    write(kata.stub, STUB)
    assert [saves.changed(), saves.changed()] == [False, False]


def test_deleted_file_is_a_change_and_its_return_another(kata):
    saves = Saves(kata)
    kata.stub.unlink()
    assert [saves.changed(), saves.changed()] == [False, True]
    write(kata.stub, STUB)
    assert [saves.changed(), saves.changed()] == [False, True]


def test_changed_tests_count_too(kata):
    saves = Saves(kata)
    write(kata.tests[0], "def test_new(): pass\n")
    assert [saves.changed(), saves.changed()] == [False, True]


def test_file_events_wake_the_reader(kata):
    pytest.importorskip("watchfiles")
    with file_events(kata.folder) as wake:
        for attempt in range(200):  # the watcher takes a moment to begin
            write(kata.stub, f"x = {attempt}\n")
            if select.select([wake], [], [], 0.1)[0]:
                return
    pytest.fail("no event came")


def test_without_file_events_nothing_breaks(kata, monkeypatch):
    monkeypatch.setitem(sys.modules, "watchfiles", None)
    with file_events(kata.folder) as wake:
        write(kata.stub, RIGHT)
        assert select.select([wake], [], [], 0)[0] == []


def test_full_disk_is_told_with_the_file_and_leaves_the_old_content(kata, monkeypatch):
    def no_room(descriptor):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(files.os, "fsync", no_room)
    with pytest.raises(OSError, match="No space left") as caught:
        write_atomically(kata.stub, b"new")
    assert caught.value.filename == str(kata.stub)
    assert kata.stub.read_text() == STUB
    assert list(kata.folder.glob(".*")) == []
