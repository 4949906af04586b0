"""trio keeps the threads that ran a job for the next one; a job that it has given up is still a leak."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from conftest import Project


def test_its_idle_threads_are_left_alone(project: Project) -> None:
    run = project.run(
        """
        import trio
        def test_it():
            assert trio.run(trio.to_thread.run_sync, abs, -1) == 1
        """,
        "--sensei-leaks=error",
    )
    assert run.kinds == []
    run.result.assert_outcomes(passed=1)


def test_a_job_that_it_has_given_up_is_a_leak(project: Project) -> None:
    run = project.run("""
        import threading, trio
        never = threading.Event()
        def wait(scope):
            trio.from_thread.run_sync(scope.cancel)
            never.wait()
        async def give_up():
            with trio.CancelScope() as scope:
                await trio.to_thread.run_sync(wait, scope, abandon_on_cancel=True)
        def test_it():
            trio.run(give_up)
        """)
    assert run.only()["kind"] == "leaked-thread"
