"""The watchdog of `faulthandler`: a native thread that writes down where all threads are, and wakes nobody.

pytest starts one for each test when its `faulthandler_timeout` is set.
"""

from __future__ import annotations

import faulthandler
import os
import threading
from typing import Any

_TASKS = "/proc/self/task"
_later = faulthandler.dump_traceback_later
_listdir, _exists = os.listdir, os.path.exists  # a test may put others into `os` that know of no /proc

_known: set[int] = set()  # the system's identifiers of its thread


def dump_traceback_later(*arguments: Any, **options: Any) -> None:
    """Start the watchdog; see `faulthandler.dump_traceback_later`. The one before ends."""
    before = _tasks()
    _later(*arguments, **options)
    pythons = {thread.native_id for thread in threading.enumerate()}
    fresh = _tasks() - before - pythons
    _known.clear()
    if len(fresh) == 1:  # else somebody else has started one just now, and it is not clear whose is whose
        _known.update(fresh)


def living() -> frozenset[int]:
    """Return the system's identifiers of its threads that live; of none where that cannot be seen."""
    return frozenset(each for each in _known if _exists(f"{_TASKS}/{each}"))


def _tasks() -> set[int]:
    try:
        return {int(name) for name in _listdir(_TASKS)}
    except OSError:
        return set()
