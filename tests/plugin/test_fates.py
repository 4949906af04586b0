"""A wait that nobody ends because a process is gone: the diagnosis says which one, and how it ended."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

import pytest
from process_runs import HEADER, METHODS, run

if TYPE_CHECKING:
    from pathlib import Path

QUIET = ("-W", "ignore::DeprecationWarning", "--sensei-leaks=error")


def details(folder: Path, method: str, source: str) -> list[str]:
    """Run a test that stands still; return what is told besides."""
    outcome = run(folder, HEADER.format(method=method) + textwrap.dedent(source), *QUIET)
    (finding,) = outcome.findings["test_it"]
    assert finding["kind"] == "stalled", outcome.output
    return [text for text in finding["details"] if not text.startswith("stack of")]


@pytest.mark.parametrize("method", METHODS)
def test_a_job_that_is_lost_with_its_worker(tmp_path: Path, method: str) -> None:
    source = """
        def test_it():
            with ctx.Pool(2) as pool:
                pool.apply(os._exit, [3])
        """
    (told,) = details(tmp_path, method, source)
    assert told.partition("-")[2][1:] == (
        " ended with exit code 3; the job that it did is lost: a Pool does not repeat it"
    )


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_a_producer_that_was_killed(tmp_path: Path, method: str) -> None:
    source = """
        def produce(orders):
            os.kill(os.getpid(), signal.SIGKILL)
        def test_it():
            orders = ctx.Queue()
            producer = ctx.Process(target=produce, args=(orders,), name="producer")
            producer.start()
            orders.get()
        """
    assert "producer was killed by SIGKILL" in details(tmp_path, method, source)


def test_who_ended_well_is_not_blamed(tmp_path: Path) -> None:
    source = """
        def produce(orders):
            pass
        def test_it():
            orders = ctx.Queue()
            producer = ctx.Process(target=produce, args=(orders,), name="producer")
            producer.start()
            producer.join()
            orders.get()
        """
    assert not [text for text in details(tmp_path, "fork", source) if "producer" in text]
