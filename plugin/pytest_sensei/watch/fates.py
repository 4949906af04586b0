"""Which of the processes that this one has started did not end well: evidence for a wait that nobody ends."""

from __future__ import annotations

import os
import signal
from dataclasses import replace
from multiprocessing import pool
from typing import TYPE_CHECKING

from pytest_sensei.diagnosis import Kind
from pytest_sensei.primitives import births

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_sensei.diagnosis import Diagnosis
    from pytest_sensei.primitives.births import Birth

_STARTS_WORKERS = pool.Pool._repopulate_pool_static.__code__  # type: ignore[attr-defined]


def told_in(diagnosis: Diagnosis) -> Diagnosis:
    """Add to a wait that nobody ends who should have ended it, perhaps, and is gone."""
    if diagnosis.kind is not Kind.STALLED:
        return diagnosis
    return replace(diagnosis, details=(*_unhappy(), *diagnosis.details))


def _unhappy() -> Iterator[str]:
    """Yield a line for each process that was killed or ended with an exit code other than 0."""
    for birth in sorted(births.known.values(), key=lambda each: each.serial):
        code = birth.exit_code if birth.exit_code is not None else _peek(birth.pid)
        if code and birth.name:
            yield f"{birth.name} {_end(code)}{_loss(birth)}"


def _peek(pid: int) -> int | None:
    """Return how a child has ended, and leave it to be waited for; None when it lives or cannot be told."""
    if not hasattr(os, "waitid"):
        return None  # Windows, and macOS before Python 3.13
    try:
        found = os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    except ChildProcessError:
        return None  # the fork server's, or waited for already
    if found is None:
        return None
    return found.si_status if found.si_code == os.CLD_EXITED else -found.si_status


def _end(code: int) -> str:
    if code > 0:
        return f"ended with exit code {code}"
    known = {each.value: each.name for each in signal.Signals}
    return f"was killed by {known.get(-code, f'signal {-code}')}"


def _loss(birth: Birth) -> str:
    is_worker = bool(birth.frames) and birth.frames[0][0] is _STARTS_WORKERS
    return "; the job that it did is lost: a Pool does not repeat it" if is_worker else ""
