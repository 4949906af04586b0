"""A server for the katas that need one: RabbitMQ, which takes seconds to start, once for all their runs."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import pytest
from pytest_sensei.dojo import broker_fixtures, brokers

if TYPE_CHECKING:
    from collections.abc import Iterator

_NEEDED = {broker.kata: broker for broker in brokers.BROKERS}
_places = itertools.cycle(range(brokers.VHOSTS))


@pytest.fixture(scope="session")
def rabbitmq() -> Iterator[str]:
    with broker_fixtures.serving(brokers.RABBITMQ) as address:
        yield address


@pytest.fixture(autouse=True)
def server_for_the_case(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Give each run a virtual host of its own; skip the runs of a kata whose server is missing here."""
    callspec = getattr(request.node, "callspec", None)
    case = callspec.params.get("case") if callspec is not None else None
    broker = _NEEDED.get(case.kata.name[:2]) if case is not None else None
    if broker is None:
        return
    if broker.lacks():
        pytest.skip(broker.excuse())
    if broker is brokers.RABBITMQ and broker.named() is None:
        address = request.getfixturevalue("rabbitmq")
        monkeypatch.setenv(broker.variable, f"{address.rpartition('/')[0]}/{next(_places)}")
