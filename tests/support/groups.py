"""Which tests go to one worker of pytest-xdist: those for whom something is built that takes long to build.

By its own rule each worker that gets one of them would build it anew.
"""

from __future__ import annotations

from xdist.scheduler import LoadScopeScheduling

FILES = ("explore/test_same_results.py", "dojo/test_wheel.py")
BY_START_METHOD = (
    "plugin/test_breaking_processes.py",
    "plugin/test_process_deadlocks.py",
    "plugin/test_process_leaks.py",
)
CASES = ("39_rabbitmq",)  # the server takes seconds to start


class Grouping(LoadScopeScheduling):
    """Sends each test to who has nothing to do, but those of a group all to one."""

    def _split_scope(self, nodeid: str) -> str:
        return group_of(nodeid)


def group_of(nodeid: str) -> str:
    """Name the group of a test; most are alone in theirs."""
    file, _, test = nodeid.partition("::")
    parameters = test.partition("[")[2]
    if file.endswith(FILES):
        return file
    if file.endswith(BY_START_METHOD) and parameters:
        return f"{file} {parameters.rstrip(']').partition('-')[0]}"
    return next((case for case in CASES if case in parameters), nodeid)
