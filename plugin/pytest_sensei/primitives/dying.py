"""A child's last words: the exception that ends it, told to who watches, unless it has told of that itself.

Whoever sends something while it handles an exception tells of it; so does a child that has put another `sys.stderr` in
place, where the traceback is written for somebody to read.
"""

from __future__ import annotations

import sys
import traceback
from multiprocessing import connection, process, queues
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    Dying = Callable[[BaseException], object]

_BOOTSTRAP = process.BaseProcess._bootstrap.__code__  # type: ignore[attr-defined]

at_death: dict[str, Dying] = {}
"""Called with the exception that ends a process of multiprocessing."""

_print_exc = traceback.print_exc
_send = connection._ConnectionBase.send
_put = queues.Queue.put
_told: list[BaseException] = []
_stderr: object = None  # where tracebacks went when the child began


def listen() -> None:
    """From now on, in this child, hear of the exception that ends it; what it sends in handling one tells of it."""
    global _stderr  # noqa: PLW0603
    _stderr = sys.stderr
    traceback.print_exc = print_exc
    connection._ConnectionBase.send = send  # type: ignore[method-assign]
    queues.Queue.put = put  # type: ignore[method-assign]


def print_exc(*arguments: Any, **options: Any) -> None:
    """Print the current exception; see `traceback.print_exc`. That is what a process does last."""
    _print_exc(*arguments, **options)
    error = sys.exc_info()[1]
    if error is None or sys._getframe(1).f_code is not _BOOTSTRAP:
        return
    if sys.stderr is _stderr and not _is_told(error):
        for call in list(at_death.values()):
            call(error)


def send(self: Any, obj: Any) -> None:
    """Send an object; see `multiprocessing.connection.Connection.send`."""
    _tells(obj)
    _send(self, obj)


def put(self: Any, obj: Any, block: bool = True, timeout: float | None = None) -> None:
    """Put an object; see `multiprocessing.Queue.put`."""
    _tells(obj)
    _put(self, obj, block, timeout)


def _tells(obj: Any) -> None:
    """Whoever sends while it handles an exception is taken to tell of it; by None it only says that it ends."""
    error = sys.exc_info()[1]
    if error is not None and obj is not None:
        _told.append(error)


def _is_told(error: BaseException | None) -> bool:
    """Tell whether an exception, or one that it came from, was told of."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        if any(error is each for each in _told):
            return True
        seen.add(id(error))
        error = error.__cause__ or error.__context__
    return False
