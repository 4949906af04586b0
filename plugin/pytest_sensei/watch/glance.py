"""A glance before a look: what the ledger says follows from the waits and the owners, and those cost little to read.

An idle worker of an executor waits all through a test that never blocks. If it looked every time, each look would
keep the frames of the running threads alive for a moment, and a test that counts its objects would notice.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_sensei.primitives import locks, queues, runtime

if TYPE_CHECKING:
    from collections.abc import Hashable

    from pytest_sensei.primitives.runtime import Strand


def glance(main: Strand) -> Hashable:
    """Return what the outcome of a look depends on; None while the main thread waits too.

    Then whatever may act from outside matters as well, and only a look can tell.
    """
    if main.wait is not None and main.wait.deadline is None:
        return None
    return tuple((id(strand), *_state(strand)) for strand in tuple(runtime.strands.values()))


def _state(strand: Strand) -> tuple[Hashable, ...]:
    wait = strand.wait
    if wait is None or wait.deadline is not None:
        return ()
    resource = wait.resource
    if isinstance(resource, (locks.Lock, locks.RLock)):
        owner = resource._owner
        return wait.serial, id(owner), owner is None or owner.ended, id(resource._code), resource._lasti
    if isinstance(resource, queues.SimpleQueue):
        return wait.serial, resource.qsize() > 0
    return (wait.serial,)
