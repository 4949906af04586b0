"""Native threads: those of C libraries, which a test's own code never sees.

Many do nothing but wait to be given work by another thread of the process (those of OpenBLAS, that come with numpy):
in a futex of this process's own and without a time limit. Only a thread of the process can end such a wait.
"""

from __future__ import annotations

import os
import threading

from pytest_sensei.primitives import watchdogs
from pytest_sensei.watch import family, procfs


def asleep() -> frozenset[str] | None:
    """Return the evidence that all native threads wait for a thread of this process; None where one may act.

    Equal evidence at two looks means that none of them has run in between.
    """
    pid = os.getpid()
    pythons = {pid, *(thread.native_id for thread in threading.enumerate())}
    found = set()
    for tid in set(procfs.tasks(pid)) - pythons - watchdogs.living():
        call = procfs.call(pid, tid)
        if call is None or not family.waits_inside(call):
            return None
        found.add(f"{tid} {call.text} {procfs.switches(pid, tid)}")
    return frozenset(found)
