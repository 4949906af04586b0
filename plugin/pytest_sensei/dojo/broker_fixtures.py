"""Fixtures for katas: the address of a real server, private to the run, or a skip that says what to install."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pytest_sensei.dojo import brokers
from pytest_sensei.primitives import runtime

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_sensei.dojo.brokers import Broker, Plan

START_SECONDS = 60.0  # a node of RabbitMQ needs four on an idle machine
_TRIES = 3  # a port that was free may be taken when the server asks for it
_FIRST_PAUSE = 0.005
_LONGEST_PAUSE = 0.1


class BrokerError(Exception):
    """A server did not start; the text has the end of what it said."""


@pytest.fixture(scope="session")
def kata_redis_url() -> Iterator[str]:
    """The URL of a Redis server for `redis.Redis.from_url`."""
    yield from _address(brokers.REDIS)


@pytest.fixture(scope="session")
def kata_memcached_address() -> Iterator[str]:
    """The address of a memcached server for `pymemcache.Client`."""
    yield from _address(brokers.MEMCACHED)


@pytest.fixture(scope="session")
def kata_amqp_url() -> Iterator[str]:
    """The URL of a RabbitMQ server for `pika.URLParameters`."""
    yield from _address(brokers.RABBITMQ)


def _address(broker: Broker) -> Iterator[str]:
    if broker.lacks():
        pytest.skip(broker.excuse())
    with serving(broker) as address:
        yield address


@contextlib.contextmanager
def serving(broker: Broker) -> Iterator[str]:
    """Give the address of a server: one that the environment names, or a private one that ends with this."""
    named = broker.named()
    if named is not None:
        if not broker.answers(named):
            raise BrokerError(f"{broker.variable}={named}: no {broker.name} server answers there")
        yield named
        return
    keeper, folder, address = _start(broker)
    try:
        yield address
    finally:
        _stop(keeper, folder)


def _start(broker: Broker) -> tuple[subprocess.Popen[bytes], Path, str]:
    server = broker.find()
    if server is None:
        raise BrokerError(broker.excuse())
    said = ""
    for _ in range(_TRIES):
        folder = Path(tempfile.mkdtemp(prefix=f"kata-{broker.name}-"))
        plan = broker.plan(server, folder)
        keeper = _start_keeper(plan, folder)
        if _is_up(broker, plan.address, keeper, folder):
            return keeper, folder, plan.address
        said = _last_words(folder) or said
        _stop(keeper, folder)
    raise BrokerError(f"{server} did not start:\n{said}")


def _start_keeper(plan: Plan, folder: Path) -> subprocess.Popen[bytes]:
    import psutil  # loaded by few runs

    for name, content in plan.files.items():
        (folder / name).write_text(content, encoding="utf-8")
    job = {"commands": plan.commands, "owner": os.getpid(), "born": psutil.Process().create_time()}
    file = folder / "job.json"
    file.write_text(json.dumps(job), encoding="utf-8")
    return subprocess.Popen(  # noqa: S603 - our own module
        [sys.executable, "-m", "pytest_sensei.dojo.broker_keeper", str(file)],
        env={**os.environ, **plan.environment},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def _is_up(broker: Broker, address: str, keeper: subprocess.Popen[bytes], folder: Path) -> bool:
    """Wait until the server answers; false when it has ended, or takes too long."""
    deadline, pause = time.monotonic() + START_SECONDS, _FIRST_PAUSE
    while keeper.poll() is None and folder.exists() and time.monotonic() < deadline:
        if broker.answers(address):
            return True
        runtime.real_sleep(pause)
        pause = min(pause * 2, _LONGEST_PAUSE)
    return False


def _last_words(folder: Path) -> str:
    with contextlib.suppress(OSError):
        return (folder / "output.txt").read_text(encoding="utf-8", errors="replace")[-2000:]
    return ""


def _stop(keeper: subprocess.Popen[bytes], folder: Path) -> None:
    """Have the keeper end the server; on Windows a signal would end the keeper only."""
    if sys.platform == "win32":
        with contextlib.suppress(OSError):  # it has ended already, and its folder with it
            (folder / brokers.STOP).touch()
    else:
        keeper.terminate()
    keeper.wait()
