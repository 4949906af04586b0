"""Real servers for katas: private, ended with their run whatever becomes of it, left alone by the watch."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
import pytest
from kata_folders import make_kata, write
from pytest_sensei.dojo import broker_fixtures, brokers

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Project
    from pytest_sensei.dojo.brokers import Broker

FIXTURES = {"redis": "kata_redis_url", "memcached": "kata_memcached_address", "rabbitmq": "kata_amqp_url"}
PATIENCE = 20.0  # seconds for something to end; only a failure takes so long


def here(broker: Broker) -> bool:
    return not broker.lacks()


def one_of_each(*chosen: Broker) -> pytest.MarkDecorator:
    """Each server that this machine has; the others are named as skipped, with what to install."""
    return pytest.mark.parametrize(
        "broker",
        [
            pytest.param(each, id=each.name, marks=[] if here(each) else pytest.mark.skip(each.excuse()))
            for each in chosen
        ],
    )


every_broker = one_of_each(*brokers.BROKERS)
a_light_broker = one_of_each(brokers.REDIS)


def comes_true(condition: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def servers_in(folder: Path) -> list[psutil.Process]:
    """The processes, of whatever age, that stand in a folder."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if Path(process.cwd()).is_relative_to(folder):
                found.append(process)
    return found


@every_broker
def test_server_answers_while_it_is_used_and_nothing_is_left_of_it(
    broker: Broker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(broker.variable, raising=False)
    monkeypatch.setattr(broker_fixtures.tempfile, "tempdir", str(tmp_path))

    with broker_fixtures.serving(broker) as address:
        answered, running = broker.answers(address), servers_in(tmp_path)

    assert answered
    assert running
    assert servers_in(tmp_path) == []
    assert list(tmp_path.iterdir()) == []


@a_light_broker
def test_two_servers_at_once_do_not_meet(broker: Broker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(broker.variable, raising=False)

    with broker_fixtures.serving(broker) as one, broker_fixtures.serving(broker) as two:
        assert one != two
        assert broker.answers(one)
        assert broker.answers(two)


@a_light_broker
def test_server_that_the_environment_names_is_used_and_left_running(
    broker: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(broker.variable, raising=False)
    with broker_fixtures.serving(broker) as address:
        monkeypatch.setenv(broker.variable, address)
        with broker_fixtures.serving(broker) as named:
            assert named == address

        assert broker.answers(address)


def test_named_server_that_does_not_answer_is_named_in_the_error(monkeypatch: pytest.MonkeyPatch) -> None:
    address = f"redis://127.0.0.1:{brokers.free_port()}/0"
    monkeypatch.setenv("KATA_REDIS_URL", address)

    with (
        pytest.raises(broker_fixtures.BrokerError, match="KATA_REDIS_URL"),
        broker_fixtures.serving(brokers.REDIS),
    ):
        pass


def test_server_that_does_not_start_is_told_with_its_last_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = tmp_path / "redis-server"
    broken.write_text("#!/bin/sh\necho no memory today\nexit 3\n", encoding="utf-8")
    broken.chmod(0o755)
    monkeypatch.delenv("KATA_REDIS_URL", raising=False)
    monkeypatch.setattr(brokers, "program", lambda *names: str(broken))
    monkeypatch.setattr(broker_fixtures.tempfile, "tempdir", str(tmp_path))

    with (
        pytest.raises(broker_fixtures.BrokerError, match="did not start"),
        broker_fixtures.serving(brokers.REDIS),
    ):
        pass
    assert [path.name for path in tmp_path.iterdir()] == ["redis-server"]


@pytest.mark.skipif(sys.platform == "win32", reason="kills by signal")
@every_broker
def test_nothing_is_left_of_a_server_whose_run_is_killed(
    broker: Broker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(broker.variable, raising=False)
    servers = tmp_path / "servers"
    servers.mkdir()
    (tmp_path / "test_it.py").write_text(
        f"import signal\ndef test_it({FIXTURES[broker.name]}):\n    signal.pause()\n", encoding="utf-8"
    )
    run = subprocess.Popen(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_it.py"],
        cwd=tmp_path,
        env={**os.environ, "TMPDIR": str(servers)},
        stdout=subprocess.DEVNULL,
        start_new_session=True,
    )
    is_used = comes_true(lambda: bool(servers_in(servers)))
    os.killpg(run.pid, signal.SIGKILL)
    run.wait()

    assert is_used
    assert comes_true(lambda: not servers_in(servers))
    assert comes_true(lambda: not list(servers.glob("kata-*")))


@a_light_broker
def test_watch_leaves_a_server_and_its_clients_alone(
    broker: Broker, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(broker.variable, raising=False)

    run = project.run(
        """
        import threading

        import redis

        def test_one_waits_for_the_server_and_another_ends_the_wait(kata_redis_url):
            client = redis.Redis.from_url(kata_redis_url)
            got = []
            reader = threading.Thread(target=lambda: got.append(client.blpop("jobs", 10)))
            reader.start()
            with redis.Redis.from_url(kata_redis_url) as other:
                other.rpush("jobs", "x")
            reader.join()
            client.close()
            assert got == [(b"jobs", b"x")]

        def test_server_is_still_there(kata_redis_url):
            with redis.Redis.from_url(kata_redis_url) as client:
                assert client.ping()
        """,
        "--sensei-leaks=error",
        "--sensei-deadlocks=error",
    )

    run.result.assert_outcomes(passed=2)
    assert run.findings == []


BARE = """\
import pytest
from pytest_sensei.dojo import brokers

brokers.program = lambda *names: None


def test_it(kata_memcached_address):
    pass
"""


@pytest.mark.parametrize(
    ("tests", "said"),
    [
        (BARE, [f"{system:8} {command}" for system, command in brokers.MEMCACHED.installs.items()]),
        (
            "import pytest\npytest.importorskip('no_such_client', reason='a client\\n  how')",
            ["a client", "how"],
        ),
    ],
    ids=["no server", "no client"],
)
def test_what_a_kata_lacks_is_told_under_its_light(
    tests: str, said: list[str], pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("KATA_MEMCACHED", raising=False)
    folder = make_kata(pytester.path / "katas", "38_adding")
    write(folder / "test_adding.py", tests)

    result = pytester.runpytest_subprocess("katas/38_adding", "-p", "no:cacheprovider")

    assert result.parseoutcomes().get("failed", 0) == 0
    result.stdout.fnmatch_lines(["38_adding*amber*", *(f"*{line}" for line in said)])
