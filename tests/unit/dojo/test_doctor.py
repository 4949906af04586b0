"""What the doctor sees and prescribes."""

from __future__ import annotations

import sys

import pytest
from pytest_sensei.dojo import brokers, doctor


def check(name):
    return next(each for each in doctor.examine() if each.name.startswith(name))


def test_everything_is_looked_at_in_one_line_each():
    checks = doctor.examine()
    names = [each.name for each in checks]
    for name in ("python", "start methods", "/proc", "terminal", "redis (kata 37)", "rabbitmq (kata 39)"):
        assert name in names
    assert all("\n" not in f"{each.says}{each.fix}" for each in checks)
    assert all(each.fix for each in checks if not each.fine)


def test_python_that_is_too_old_is_seen(monkeypatch):
    monkeypatch.setattr(sys, "version_info", (3, 9, 1, "final", 0))
    assert not check("python").fine


def test_missing_watchfiles_has_a_command_that_fixes_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "watchfiles", None)
    found = check("kata watch")
    assert not found.fine
    assert found.fix == f"{sys.executable} -m pip install 'pytest-sensei[watch]'"


@pytest.mark.parametrize("there", [True, False])
def test_server_is_found_by_its_program(monkeypatch, there):
    monkeypatch.delenv("KATA_MEMCACHED", raising=False)
    monkeypatch.setattr(brokers.importlib.util, "find_spec", lambda name: None)
    monkeypatch.setattr(brokers.shutil, "which", lambda name, path: f"/usr/sbin/{name}" if there else None)
    found = check("memcached")
    assert ("memcached server" in found.says) is not there
    assert "pip install pymemcache" in found.fix
    assert (brokers.MEMCACHED.installs[brokers.system()] in found.fix) is not there


def test_server_that_is_named_and_does_not_answer_is_seen(monkeypatch):
    address = f"redis://127.0.0.1:{brokers.free_port()}/0"
    monkeypatch.setenv("KATA_REDIS_URL", address)
    found = check("redis")
    assert not found.fine
    assert address in found.says
    assert "KATA_REDIS_URL" in found.fix
