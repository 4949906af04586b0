"""A queue of tickets, first come first served; classes instead of generators."""

from __future__ import annotations

from collections import deque
from threading import Event, Lock, get_ident
from types import TracebackType


class _Ticket:
    def __init__(self, lock: ReadWriteLock, *, writes: bool) -> None:
        self.lock = lock
        self.writes = writes
        self.owner = 0
        self.turn = Event()

    def __enter__(self) -> None:
        self.owner = get_ident()
        self.lock._come(self)
        self.turn.wait()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.lock._leave(self)


class ReadWriteLock:
    def __init__(self) -> None:
        self._mutex = Lock()
        self._inside: list[_Ticket] = []
        self._line: deque[_Ticket] = deque()

    def reading(self) -> _Ticket:
        return _Ticket(self, writes=False)

    def writing(self) -> _Ticket:
        return _Ticket(self, writes=True)

    def _come(self, ticket: _Ticket) -> None:
        with self._mutex:
            if any(other.owner == ticket.owner for other in self._inside):
                raise RuntimeError("this thread is inside already")
            self._line.append(ticket)
            self._let_in()

    def _leave(self, ticket: _Ticket) -> None:
        with self._mutex:
            self._inside.remove(ticket)
            self._let_in()

    def _let_in(self) -> None:
        while self._line:
            first = self._line[0]
            if self._inside and (first.writes or self._inside[0].writes):
                return
            self._line.popleft()
            self._inside.append(first)
            first.turn.set()
