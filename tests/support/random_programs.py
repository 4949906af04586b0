"""Small random programs of threads, as data, and the same as Python's source text."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Any

Statement = tuple[Any, ...]
"""What to do, on what; statements that have a block end with it."""
Block = list[Statement]

VARIABLES = ("x", "y")
LOCKS = ("first", "second")

KINDS = (
    ("add", "set", "copy", "if", "with"),
    ("add", "with", "with again", "if", "set"),
    ("add", "with", "with", "try", "set"),
    ("add", "take place", "give place", "set", "if"),
    ("add", "put", "get", "set", "if"),
    ("add", "raise flag", "wait for flag", "lower flag", "set", "if"),
    ("condition", "condition", "add", "set", "if"),
    ("meet", "add", "set", "with"),
    ("put", "get", "with", "raise flag", "wait for flag", "condition", "take place", "give place"),
)
"""What the programs of each family are made of."""

_PLAIN = {
    "add": "box.{0} += 1",
    "set": "box.{0} = {1}",
    "copy": "box.{0} = box.{1}",
    "take place": "places.acquire()",
    "give place": "places.release()",
    "put": "items.put({0})",
    "get": "box.{0} = items.get()",
    "raise flag": "flag.set()",
    "lower flag": "flag.clear()",
    "wait for flag": "flag.wait()",
    "wait": "changed.wait()",
    "notify": "changed.notify()",
    "notify all": "changed.notify_all()",
    "meet": "meeting.wait()",
}
_HEADS = {
    "if": ("if box.{0} == {1}:",),
    "with": ("with {0}:",),
    "with again": ("with again:",),
    "with condition": ("with changed:",),
    "wait until": ("while box.{0} != {1}:",),
    "try": ("if {0}.acquire(blocking=False):", "    try:"),
}
_TAILS = {"try": ("    finally:", "        {0}.release()")}


@dataclass(frozen=True)
class Program:
    """What each thread does, how many places the semaphore has, and how many items fit into the queue (0: any)."""

    threads: tuple[Block, ...]
    places: int
    room: int

    def source(self, check: str) -> str:
        """Return a test that starts the threads, joins them, and checks what they have left in `box`."""
        lines = [
            "def test():",
            "    box = Box(); box.x = 0; box.y = 0",
            "    first, second, again, changed = Lock(), Lock(), RLock(), Condition()",
            f"    places, items = Semaphore({self.places}), queue.Queue({self.room})",
            "    flag, meeting = Event(), Barrier(2)",
        ]
        for number, block in enumerate(self.threads):
            lines += [f"    def work{number}():", *_indented(_lines(block), 8)]
        lines.append(f"    together({', '.join(f'work{number}' for number in range(len(self.threads)))})")
        return "\n".join([*lines, f"    assert {check}, (box.x, box.y)", ""])


def _indented(lines: list[str], spaces: int) -> list[str]:
    return [" " * spaces + line for line in lines]


def _lines(block: Block) -> list[str]:
    lines = []
    for what, *arguments in block:
        if what in _PLAIN:
            lines.append(_PLAIN[what].format(*arguments))
            continue
        head, tail = _HEADS[what], _TAILS.get(what, ())
        lines += [line.format(*arguments) for line in head]
        lines += _indented(_lines(arguments[-1]), 4 * len(head))
        lines += [line.format(*arguments) for line in tail]
    return lines or ["pass"]


class Maker:
    """Makes the same program from the same seed."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self._kinds = KINDS[seed % len(KINDS)]
        self._left = 0

    def program(self) -> Program:
        """Return a program of two or three threads."""
        count = self._random.choice((2, 2, 3))
        threads = tuple(self._thread(5 if count == 2 else 3) for _ in range(count))
        return Program(threads, self._random.randint(0, 1), self._random.randint(0, 1))

    def _thread(self, most: int) -> Block:
        block: Block = []
        while not block:
            self._left = most
            block = self._block(0, frozenset())
        return block

    def _block(self, depth: int, held: frozenset[str]) -> Block:
        block = []
        for _ in range(self._random.randint(1, 3 if depth == 0 else 2)):
            if self._left > 0:
                self._left -= 1
                statement = self._statement(self._random.choice(self._kinds), depth, held)
                block += [statement] if statement else []
        return block

    def _statement(self, what: str, depth: int, held: frozenset[str]) -> Statement | None:
        if what == "condition":
            return None if "changed" in held else ("with condition", self._change())
        if what in _PLAIN:
            return (what, *self._arguments(what))
        if depth == 2:
            return None
        if what == "if":
            return (what, self._variable(), self._random.randint(0, 1), self._block(depth + 1, held))
        if what == "with again":
            return (what, self._block(depth + 1, held))
        free = [lock for lock in LOCKS if lock not in held]
        if not free:
            return None
        lock = self._random.choice(free)
        return (what, lock, self._block(depth + 1, held | {lock}))

    def _arguments(self, what: str) -> tuple[object, ...]:
        if what == "copy":
            return tuple(self._random.sample(VARIABLES, 2))
        if what == "set":
            return self._variable(), self._random.randint(1, 2)
        if what == "put":
            return (self._random.randint(1, 2),)
        return (self._variable(),) if what in {"add", "get"} else ()

    def _variable(self) -> str:
        return self._random.choice(VARIABLES)

    def _change(self) -> Block:
        variable = self._variable()
        changes: tuple[Block, ...] = (
            [("wait",)],
            [("notify",)],
            [("notify all",)],
            [("wait until", variable, 1, [("wait",)])],
            [("set", variable, 1), ("notify",)],
        )
        return self._random.choice(changes)
