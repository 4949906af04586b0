"""Nobody can run: the same wait-for graph, kinds and words as for a watched deadlock."""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import TYPE_CHECKING

from pytest_sensei.diagnosis import Diagnosis, Kind
from pytest_sensei.explore import operation as op
from pytest_sensei.explore.scheduler import End, Scheduler
from pytest_sensei.explore.signals import handlers
from pytest_sensei.explore.task import Task
from pytest_sensei.primitives.runtime import Waiting
from pytest_sensei.watch import leaks, ledger, verdict

if TYPE_CHECKING:
    from pytest_sensei.explore.operation import Operation


def diagnose(scheduler: Scheduler, root: str | None) -> Diagnosis:
    """Explain why none of the tasks can go on. Not proved where a signal's handler could wake one of them."""
    frames = sys._current_frames()
    parties = {}
    waiting = [task for task in scheduler.live if task.pending.act is not op.BEGIN]
    for task in waiting:
        name = f"t{task.ident}"
        wait = Waiting(_resource(task.pending), None)
        if task.strand is not None:
            task.strand.wait = wait
        parties[name] = ledger.Party(name, task.ident, task.thread, task.strand, frames[task.ident], wait)
    found = verdict.diagnose(ledger.Ledger(parties, ledger.situation(parties, outside=False)), parties, root)
    if scheduler.end is End.LEFT and found.kind is Kind.STALLED:
        found = leaks.diagnose(waiting[0].thread, root)
    for task in waiting:
        if task.strand is not None:
            task.strand.wait = None
    awaits_signal = found.kind is Kind.STALLED and any(map(ledger.is_user_handler, handlers()))
    return replace(found, mode="explored", latency_ms=None, proved=not awaits_signal)


def _resource(operation: Operation) -> object:
    target = operation.target
    return target.thread if isinstance(target, Task) else target
