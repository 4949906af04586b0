"""The one test that `spread` runs, once for each job."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from pytest_sensei.dojo.jobs import Job, run_job, to_json
from pytest_sensei.dojo.spread import RESULT, jobs_of

if TYPE_CHECKING:
    from collections.abc import Callable

    import pytest


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Make a test of each job."""
    jobs = jobs_of(metafunc.config)
    metafunc.parametrize("job", jobs, ids=[job.id for job in jobs])


def test_job(job: Job, record_property: Callable[[str, object], None]) -> None:
    """Run a job; the verdict is not ours to judge, it travels with the report."""
    record_property(RESULT, json.dumps(to_json(run_job(job))))  # as text: not every text can be sent as it is
