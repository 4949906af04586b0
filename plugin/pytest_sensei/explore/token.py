"""Schedules as short texts: what `--sensei-replay` takes."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING

from pytest_sensei.explore.scheduler import Switch

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_HALF = 31  # digits from here on say that another one follows
_CHECK = 3


class BadToken(ValueError):
    """A token that is damaged, or of another test, or of an older version of this one."""


def encode(switches: Sequence[Switch], test: str, *, any_timeouts: bool = False) -> str:
    """Write a schedule as a token that is good for the test of this text only."""
    numbers: list[int] = [int(any_timeouts)]
    ticks: dict[int, int] = {}
    for switch in switches:
        numbers += (switch.number, switch.ticks - ticks.get(switch.number, 0), switch.to)
        ticks[switch.number] = switch.ticks
    body = "".join(_number(each) for each in numbers)
    return check(test + body) + body


def decode(token: str, test: str) -> tuple[tuple[Switch, ...], bool]:
    """Read a token back: the switches, and whether waits may end early."""
    mark, body = token[:_CHECK], token[_CHECK:]
    if mark != check(test + body):
        raise BadToken(
            f"--sensei-replay={token}: this is no schedule of this test as it stands now; "
            "run the test again, the report shows the token to use"
        )
    numbers = list(_numbers(body))
    ticks: dict[int, int] = {}
    switches = []
    for number, delta, to in zip(numbers[1::3], numbers[2::3], numbers[3::3], strict=True):
        ticks[number] = ticks.get(number, 0) + delta
        switches.append(Switch(number, ticks[number], to))
    return tuple(switches), bool(numbers and numbers[0])


def check(text: str) -> str:
    """Return three characters that depend on all of the text."""
    value = zlib.crc32(text.encode())
    return "".join(_DIGITS[value // 62**power % 62] for power in range(_CHECK))


def _number(value: int) -> str:
    text = _DIGITS[value % _HALF]
    value //= _HALF
    while value:
        text = _DIGITS[_HALF + value % _HALF] + text
        value //= _HALF
    return text


def _numbers(text: str) -> Iterable[int]:
    value = 0
    for char in text:
        digit = _DIGITS.index(char)
        value = value * _HALF + digit % _HALF
        if digit < _HALF:
            yield value
            value = 0
