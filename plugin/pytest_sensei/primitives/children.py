"""Calls to be made in every child: in a spawned one before it imports anything, in a forked one at once."""

from __future__ import annotations

import gc
import os
from collections.abc import Callable
from multiprocessing import forkserver, spawn
from typing import Any

Call = tuple[Callable[..., object], tuple[Any, ...]]
Make = Callable[[], Call | None]

_KEY = "pytest_sensei"
_ensure_running = forkserver.ForkServer.ensure_running

before_fork: dict[str, Callable[[], object]] = {}
"""Called in the parent before each fork."""

after_fork: dict[str, Callable[[], object]] = {}
"""Called in each forked child, in the order of registration."""

after_fork_here: dict[str, Callable[[], object]] = {}
"""Called in the parent after each fork, whether it succeeded or not."""

at_bootstrap: dict[str, Callable[[str], object]] = {}
"""Called in each process of multiprocessing when it has all that its parent sends, with its name."""

_makers: dict[str, Make] = {}
_hooked = False
_original: Callable[[str], dict[str, Any]] | None = None


def call_in_children(name: str, make: Make) -> None:
    """Have `make` asked for a call whenever a child is spawned (or forked by the fork server).

    The call's function and arguments are pickled; it is made in the child, and stays registered there only
    if it registers itself again. `make` may return None: no call for this child.
    """
    global _original  # noqa: PLW0603
    _makers[name] = make
    if _original is None:
        _original = spawn.get_preparation_data
        spawn.get_preparation_data = _with_calls


def call_no_more(name: str) -> None:
    """Undo `call_in_children`. Where somebody wrapped our function meanwhile, ours stays and does nothing."""
    global _original  # noqa: PLW0603
    _makers.pop(name, None)
    if not _makers and _original is not None and spawn.get_preparation_data is _with_calls:
        spawn.get_preparation_data = _original  # type: ignore[assignment]
        _original = None


def _with_calls(name: str) -> dict[str, Any]:
    assert _original is not None
    data = _original(name)
    calls = _calls()
    if calls:
        data[_KEY] = [_Carrier(*call) for call in calls]
    return data


def _calls() -> list[Call]:
    return [call for make in list(_makers.values()) if (call := make()) is not None]


def ensure_fork_server_runs(self: Any) -> None:
    """Have the fork server import once what each of its children would import to make its calls.

    See `multiprocessing.set_forkserver_preload`. What cannot be imported there is left to the children.
    """
    if self._forkserver_pid is None:
        modules = {function.__module__ for function, _ in _calls()}
        self._preload_modules = [*self._preload_modules, *sorted(modules.difference(self._preload_modules))]
    _ensure_running(self)


class _Carrier:
    """Travels to a child in its preparation data; being unpickled there, it makes its call.

    The child unpickles the data before it imports anything of the parent's, so no call comes too late.
    """

    def __init__(self, function: Callable[..., object], arguments: tuple[Any, ...]) -> None:
        self._call = (function, arguments)

    def __reduce__(self) -> Call:
        return self._call


def hook_forks() -> None:
    """Have the calls for forked children made from now on; nothing can take that back."""
    global _hooked  # noqa: PLW0603
    if not _hooked and hasattr(os, "register_at_fork"):
        os.register_at_fork(before=_before_fork, after_in_parent=_after_fork_here, after_in_child=_after_fork)
        _hooked = True


def _before_fork() -> None:
    for call in list(before_fork.values()):
        call()


def _after_fork() -> None:
    """Make the calls; a garbage collection now would copy all the memory that is shared with the parent."""
    collects = gc.isenabled()
    gc.disable()
    try:
        for call in list(after_fork.values()):
            call()
    finally:
        if collects:
            gc.enable()


def _after_fork_here() -> None:
    for call in list(after_fork_here.values()):
        call()
