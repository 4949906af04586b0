"""A real memcached, shared by real processes: who makes a missing value, and whose number counts."""

from __future__ import annotations

import multiprocessing
import re
import socket
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from cache_memcached import add_to, cached

pymemcache = pytest.importorskip(
    "pymemcache", reason="skipped, no Python package pymemcache\n  python -m pip install pymemcache"
)

# Patience is counted in turns, not in seconds: on a busy machine each of ours takes longer, too.
TURN_SECONDS = 0.01
TURNS = 250
SOME_TURNS = 100
LOOKS = 8  # commands after which a process will not make the value: it only looks
MANY_LOOKS = 80  # of somebody who is patient


@pytest.fixture
def client(kata_memcached_address: str) -> Iterator[Any]:
    client = pymemcache.Client(kata_memcached_address)
    yield client
    client.close()


@pytest.fixture
def key() -> str:
    return f"kata-{uuid.uuid4().hex}"


# -- cached


def test_missing_value_is_made_and_returned(client: Any, key: str) -> None:
    assert text(cached(client, key, lambda: "sunny", 60)) == "sunny"


def test_value_that_is_there_is_not_made_again(client: Any, key: str) -> None:
    cached(client, key, lambda: "sunny", 60)

    assert text(cached(client, key, lambda: pytest.fail("made twice"), 60)) == "sunny"


def test_empty_value_is_a_value(client: Any, key: str) -> None:
    cached(client, key, lambda: "", 60)

    assert text(cached(client, key, lambda: pytest.fail("made twice"), 60)) == ""


def test_value_is_kept_for_the_time_that_was_asked_for(kata_memcached_address: str, key: str) -> None:
    sent: list[bytes] = []

    with hooked(kata_memcached_address, sent.append) as client:
        cached(client, key, lambda: "sunny", 77)

    # the command says: name, key, flags, seconds to live, length
    assert any(re.match(rb"(set|add|cas|replace) \S+ \d+ 77 ", command) for command in sent), sent


def test_while_one_process_makes_the_value_the_others_wait_for_it(
    kata_memcached_address: str, key: str
) -> None:
    with Reader(kata_memcached_address, key) as one, Reader(kata_memcached_address, key) as two:
        one.reads()
        assert one.hears_but("has looked") == ("makes", None)
        two.reads()
        assert two.hears() == ("has looked", None), "both found nothing, and both make the value"
        two.only_looks()
        one.is_done("sunny")

        assert one.hears_but("has looked") == ("has", "sunny")
        assert two.hears_but("still looks") == ("has", "sunny"), "both found nothing, and both make the value"


@pytest.mark.usefixtures("limits_are_over")
def test_it_waits_for_as_long_as_the_value_is_being_made(kata_memcached_address: str, key: str) -> None:
    with (
        Reader(kata_memcached_address, key) as one,
        Reader(kata_memcached_address, key, looks=MANY_LOOKS) as two,
    ):
        one.reads()
        assert one.hears_but("has looked") == ("makes", None)
        two.reads()
        two.hears()
        two.only_looks()
        one.is_done("sunny")

        assert one.hears_but("has looked") == ("has", "sunny")
        assert two.hears_but("still looks") == ("has", "sunny")


@pytest.mark.usefixtures("limits_are_over")
def test_value_that_was_made_between_the_look_and_the_lock_is_not_made_again(
    kata_memcached_address: str, key: str
) -> None:
    made_by_another, made, value, _ = another_comes_before(2, kata_memcached_address, key)

    if made_by_another:
        assert not made, "another process had made the value after the first look, and it was made again"
        assert text(value) == "sunny"


@pytest.mark.usefixtures("limits_are_over")
def test_one_of_two_makes_the_value_whenever_the_other_one_comes(
    kata_memcached_address: str, key: str
) -> None:
    for number in range(1, 13):
        fresh = f"{key}-{number}"
        made_by_another, made, _, sent = another_comes_before(number, kata_memcached_address, fresh)
        assert not (made and made_by_another), (
            f"another process came before command {number}, {first_word(sent[number - 1])}: both made the value"
        )
        if len(sent) < number:
            break  # it has no more commands


@pytest.mark.usefixtures("limits_are_over")
def test_who_waits_makes_the_value_when_the_one_who_was_to_make_it_fails(
    kata_memcached_address: str, key: str
) -> None:
    with Reader(kata_memcached_address, key) as one, Reader(kata_memcached_address, key) as two:
        one.reads()
        assert one.hears_but("has looked") == ("makes", None)
        two.reads()
        two.hears()
        two.only_looks()
        one.fails()
        assert one.hears_but("has looked") == ("fails", None), "make has failed, and its caller was not told"

        assert two.stops_looking() == ("makes", None), "make has failed, and who waits goes on waiting"
        two.is_done("sunny")
        assert two.hears_but("still looks") == ("has", "sunny")


def test_exception_of_make_is_raised_and_the_next_one_tries_again(
    kata_memcached_address: str, client: Any, key: str
) -> None:
    sent: list[bytes] = []

    def fail() -> str:
        raise ConnectionError("no weather today")

    def look(command: bytes) -> None:
        sent.append(command)
        if len(sent) > 40:
            pytest.fail("make has failed, and the next one waits for ever")

    with pytest.raises(ConnectionError, match="no weather today"):
        cached(client, key, fail, 60)
    with hooked(kata_memcached_address, look) as another:
        assert text(cached(another, key, lambda: "sunny", 60)) == "sunny"


# -- add_to


def test_number_that_is_missing_counts_as_zero(client: Any, key: str) -> None:
    add_to(client, key, 5)

    assert number_at(client, key) == 5


def test_add_to_adds(client: Any, key: str) -> None:
    add_to(client, key, 5)
    add_to(client, key, 37)

    assert number_at(client, key) == 42


def test_add_to_returns_the_new_number(client: Any, key: str) -> None:
    assert [add_to(client, key, 5), add_to(client, key, 37)] == [5, 42]


@pytest.mark.usefixtures("limits_are_over")
@pytest.mark.parametrize("start", [0, 5], ids=["missing", "there"])
def test_nothing_is_lost_when_another_process_adds_between_any_two_commands(
    kata_memcached_address: str, client: Any, key: str, start: int
) -> None:
    for number in range(8):
        sent, fresh = 0, f"{key}-{number}"
        if start:
            add_to(client, fresh, start)
        with Adder(kata_memcached_address, fresh) as another:

            def another_adds(_: bytes) -> None:
                nonlocal sent
                if sent == number:  # noqa: B023 - called in this turn of the loop
                    another.adds_or_waits()
                sent += 1

            with hooked(kata_memcached_address, another_adds) as victim:
                add_to(victim, fresh, 1)
            if sent <= number:
                break  # it has no more commands
            another.has_added()
        assert number_at(client, fresh) == start + 11, f"the 10 added before command {number + 1} got lost"


# -- tools


def text(value: Any) -> Any:
    return value.decode() if isinstance(value, bytes) else value


def number_at(client: Any, key: str) -> int:
    return int(text(client.get(key)))


class hooked:  # noqa: N801 - reads like a word
    """A client that calls something with each command before it is sent."""

    def __init__(self, address: str, before_command: Callable[[bytes], object]) -> None:
        class Hooked(socket.socket):
            def sendall(self, data: bytes, *flags: int) -> None:  # type: ignore[override]
                before_command(bytes(data))
                super().sendall(data, *flags)

        class Module:
            socket = Hooked

            def __getattr__(self, name: str) -> Any:
                return getattr(socket, name)

        self._client = pymemcache.Client(address, socket_module=Module())

    def __enter__(self) -> Any:
        return self._client

    def __exit__(self, *error: object) -> None:
        self._client.close()


class Other:
    """A process that does something when it is told to, and tells what it does. Killed at the end."""

    def __init__(self, target: Callable[..., None], *arguments: Any) -> None:
        self._messages, end = multiprocessing.Pipe()
        self._process = multiprocessing.Process(target=target, args=(*arguments, end))
        self._process.start()
        end.close()

    def hears(self) -> tuple[str, Any]:
        if not any(self._messages.poll(TURN_SECONDS) for _ in range(TURNS)):
            pytest.fail("a process was to say something, and says nothing")
        said: tuple[str, Any] = self._messages.recv()
        return said

    def hears_but(self, unimportant: str, times: int = TURNS) -> tuple[str, Any]:
        """Return what it says, but for what it may say some times before that."""
        while (said := self.hears())[0] == unimportant and times:
            times -= 1
        return said

    def __enter__(self) -> Any:
        return self

    def __exit__(self, *error: object) -> None:
        self._process.kill()
        self._process.join()
        self._process.close()
        self._messages.close()


class Reader(Other):
    """A process that calls `cached`."""

    def __init__(self, address: str, key: str, looks: int = LOOKS) -> None:
        super().__init__(run_reader, address, key, looks)

    def reads(self) -> None:
        self._messages.send("read")

    def is_done(self, value: str) -> None:
        self._messages.send(value)

    def fails(self) -> None:
        self._messages.send(None)

    def only_looks(self) -> None:
        """Wait until the process has looked so often that it will not make the value, or for some time."""
        if any(self._messages.poll(TURN_SECONDS) for _ in range(SOME_TURNS)):
            said, _ = self._messages.recv()
            assert said == "still looks", f"while one process makes the value, another one {said} it, too"

    def stops_looking(self) -> tuple[str, Any]:
        """Return what it does now instead of looking; what it has said before now does not count."""
        said = ("still looks", None)
        while said[0] == "still looks" and self._messages.poll(0):
            said = self._messages.recv()
        return self.hears_but("still looks", times=2) if said[0] == "still looks" else said

    def makes_at_once(self, value: str) -> bool:
        """Let it read, and make the value when it may; tell whether it has. It may have to wait for others."""
        self.reads()
        made = False
        while any(self._messages.poll(TURN_SECONDS) for _ in range(SOME_TURNS)):
            said, _ = self._messages.recv()
            if said == "makes":
                made = True
                self.is_done(value)
            elif said in ("has", "still looks"):
                break
        return made


class Adder(Other):
    """A process that calls `add_to` with 10."""

    def __init__(self, address: str, key: str) -> None:
        super().__init__(run_adder, address, key)

    def adds_or_waits(self) -> None:
        """Let it add, until it is done or has asked so often that it waits for somebody else to be done."""
        self._messages.send("add")
        any(self._messages.poll(TURN_SECONDS) for _ in range(SOME_TURNS))

    def has_added(self) -> None:
        assert self.hears_but("still looks") == ("has added", None)


def another_comes_before(number: int, address: str, key: str) -> tuple[bool, bool, Any, list[bytes]]:
    """Call `cached`, and have another process do so before a command of ours.

    Tell whether the other one has made the value and whether we have, what came out, and our commands.
    """
    sent: list[bytes] = []
    made: list[str] = []
    made_by_another = False

    with Reader(address, key) as another:

        def another_comes(command: bytes) -> None:
            nonlocal made_by_another
            sent.append(command)
            if len(sent) == number:
                made_by_another = another.makes_at_once("sunny")

        with hooked(address, another_comes) as client:
            value = cached(client, key, lambda: made.append("rainy") or "rainy", 60)
    return made_by_another, bool(made), value, sent


def first_word(command: bytes) -> str:
    return command.split()[0].decode()


def run_reader(address: str, key: str, looks: int, messages: Any) -> None:
    sent = 0

    def make() -> str:
        messages.send(("makes", None))
        value: str | None = messages.recv()
        if value is None:
            raise ConnectionError("no weather today")
        return value

    def before_command(_: bytes) -> None:
        nonlocal sent
        sent += 1
        if sent == 2:  # the answer to the first one is here
            messages.send(("has looked", None))
        if sent % looks == 0:
            messages.send(("still looks", None))

    messages.recv()
    with hooked(address, before_command) as client:
        try:
            value = text(cached(client, key, make, 60))
        except ConnectionError:
            messages.send(("fails", None))
        else:
            messages.send(("has", value))


def run_adder(address: str, key: str, messages: Any) -> None:
    sent = 0

    def before_command(_: bytes) -> None:
        nonlocal sent
        sent += 1
        if sent == 2 * LOOKS:
            messages.send(("still looks", None))

    messages.recv()
    with hooked(address, before_command) as client:
        add_to(client, key, 10)
    messages.send(("has added", None))
