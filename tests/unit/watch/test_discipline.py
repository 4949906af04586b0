"""Which ways of taking a lock are sure to give it back in the same function."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Any

import pytest
from pytest_sensei.watch.discipline import gives_back_at

if TYPE_CHECKING:
    from pathlib import Path

GIVES_BACK = {
    "with": """
        def use(self):
            with self.lock:  # here
                work()
        """,
    "release in finally": """
        def use(self):
            self.lock.acquire()  # here
            try:
                work()
            finally:
                self.lock.release()
        """,
    "acquire inside the try": """
        def use(self):
            try:
                self.lock.acquire()  # here
                work()
            finally:
                self.lock.release()
        """,
    "acquire as a condition": """
        def use(self):
            if self.lock.acquire(False):  # here
                work()
                self.lock.release()
        """,
    "early return on a miss": """
        def use(self):
            if not self.lock.acquire(timeout=1):  # here
                return False
            work()
            self.lock.release()
        """,
    "release on each branch": """
        def use(self):
            self.lock.acquire()  # here
            if ready():
                self.lock.release()
            else:
                work()
                self.lock.release()
        """,
    "order chosen by a condition, released behind it": """
        def use(a, b):
            if id(a) < id(b):
                a.acquire()  # here
                b.acquire()
            else:
                b.acquire()
                a.acquire()
            work()
            a.release()
            b.release()
        """,
    "taken again while held, and given back as often": """
        def use(lock):
            lock.acquire()  # here
            lock.acquire()
            lock.release()
            lock.release()
        """,
    "all in a loop": """
        def use(locks):
            for lock in sorted(locks):
                lock.acquire()  # here
            work()
            for lock in locks:
                lock.release()
        """,
    "a context manager of one's own": """
        def __enter__(self):
            self.lock.acquire()  # here
            return self
        """,
    "at the level of the module": """
        lock.acquire()  # here
        work()
        lock.release()
        """,
}
DOES_NOT = {
    "taken again, which waits for somebody to give it back": """
        def wait_for_it(lock, thread):
            lock.acquire()  # here
            thread.start()
            lock.acquire()
            lock.release()
        """,
    "used by a `with` behind it, which gives back its own": """
        def wait_for_it(lock, thread):
            lock.acquire()  # here
            thread.start()
            with lock:
                work()
        """,
    "a signal": """
        def wait_for_it(self):
            self.ready.acquire()  # here
        """,
    "the first takes, the last gives back": """
        def read(self):
            with self.counting:
                self.readers += 1
                if self.readers == 1:
                    self.room.acquire()  # here
            work()
            with self.counting:
                self.readers -= 1
                if self.readers == 0:
                    self.room.release()
        """,
    "the same in __enter__": """
        def __enter__(self):
            self.readers += 1
            if self.readers == 1:
                self.room.acquire()  # here
        """,
    "release before, to let somebody else in": """
        def next_turn(self):
            self.other.release()
            self.mine.acquire()  # here
        """,
    "released by a function for somebody else to call": """
        def start(self):
            self.lock.acquire()  # here
            def done():
                self.lock.release()
            return done
        """,
    "another lock": """
        def use(self):
            self.first.acquire()  # here
            self.second.release()
        """,
    "one case takes, another gives": """
        def act(self, what):
            match what:
                case "take":
                    self.lock.acquire()  # here
                case "give":
                    self.lock.release()
        """,
}


class Code:
    """What a code object tells of where it is."""

    def __init__(self, file: Path, source: str) -> None:
        lines = source.splitlines()
        self.co_filename = str(file)
        self.co_name = (
            lines[0].removeprefix("def ").partition("(")[0] if lines[0][:4] == "def " else "<module>"
        )
        self.co_firstlineno = 1
        self.line = next(number for number, line in enumerate(lines, 1) if "# here" in line)


def answer(tmp_path: Path, source: str) -> Any:
    text = textwrap.dedent(source).strip()
    file = tmp_path / "sample.py"
    file.write_text(text + "\n", encoding="utf-8")
    code = Code(file, text)
    return gives_back_at(code, code.line)


@pytest.mark.parametrize("source", GIVES_BACK.values(), ids=list(GIVES_BACK))
def test_the_owner_gives_it_back(source: str, tmp_path: Path) -> None:
    assert answer(tmp_path, source) is True


@pytest.mark.parametrize("source", DOES_NOT.values(), ids=list(DOES_NOT))
def test_somebody_else_may_give_it_back(source: str, tmp_path: Path) -> None:
    assert answer(tmp_path, source) is False
