"""What a Context promises. Marked tests run in every order in which the threads can take turns."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Event, Thread
from typing import Any, cast

import pytest
from thread_local import Context

MISSING = "missing"


@pytest.fixture
def worker() -> Iterator[ThreadPoolExecutor]:
    """One thread that does one job after the other, as the threads of a server do."""
    with ThreadPoolExecutor(max_workers=1) as pool:
        yield pool


def look(context: Context, name: str) -> Any:
    try:
        return context.get(name)
    except KeyError:
        return MISSING


def together(**jobs: Callable[[], object]) -> dict[str, object]:
    """Run each job in a thread of that name, all at once; what each one returned."""
    answers: dict[str, object] = dict.fromkeys(jobs)

    def run(name: str) -> None:
        answers[name] = jobs[name]()

    threads = [Thread(target=run, args=(name,), name=name) for name in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


# One thread -------------------------------------------------------------------------------


def test_get_returns_what_was_set() -> None:
    context = Context()
    context.set(user="ann", request=1)
    assert context.get("user") == "ann"
    assert context.get("request") == 1


def test_a_missing_name_is_a_key_error() -> None:
    context = Context()
    with pytest.raises(KeyError):
        context.get("user")
    context.set(request=1)
    with pytest.raises(KeyError):
        context.get("user")


def test_setting_one_value_leaves_the_others() -> None:
    context = Context()
    context.set(user="ann", request=1)
    context.set(request=2)
    assert (context.get("user"), context.get("request")) == ("ann", 2)


def test_none_is_a_value() -> None:
    context = Context()
    context.set(user=None)
    assert context.get("user") is None


def test_two_contexts_do_not_share_values() -> None:
    ours, theirs = Context(), Context()
    ours.set(user="ann")
    assert look(theirs, "user") == MISSING


# Several threads --------------------------------------------------------------------------


@pytest.mark.interleave
def test_each_thread_sees_what_it_set_itself() -> None:
    context = Context()

    def serve(user: str) -> object:
        context.set(user=user)
        return context.get("user")

    answers = together(ann=lambda: serve("ann"), bob=lambda: serve("bob"))
    assert answers == {"ann": "ann", "bob": "bob"}


@pytest.mark.interleave
def test_a_thread_sees_nothing_of_what_another_sets_meanwhile() -> None:
    context = Context()
    answers = together(
        ann=lambda: context.set(user="ann"),
        bob=lambda: look(context, "user"),
    )
    assert answers["bob"] == MISSING


def test_a_thread_does_not_see_what_its_starter_set() -> None:
    context = Context()
    context.set(user="ann")
    assert together(bob=lambda: look(context, "user")) == {"bob": MISSING}


def test_the_starter_does_not_see_what_a_thread_sets() -> None:
    context = Context()
    context.set(user="ann")
    together(bob=lambda: context.set(user="bob", request=2))
    assert (look(context, "user"), look(context, "request")) == ("ann", MISSING)


def test_a_new_thread_does_not_see_what_an_ended_one_has_set() -> None:
    """Python gives the identifier of an ended thread to a later one, mostly the next."""
    context = Context()
    seen: set[int] = set()

    def look_and_set() -> tuple[int, object]:
        found = look(context, "user")
        context.set(user="an ended thread")
        return threading.get_ident(), found

    used_again = False
    while not used_again:
        identifier, found = cast("tuple[int, object]", together(thread=look_and_set)["thread"])
        assert found == MISSING
        used_again = identifier in seen
        seen.add(identifier)


# A copy in another thread -----------------------------------------------------------------


def test_a_copy_takes_the_values_along_to_another_thread(worker: ThreadPoolExecutor) -> None:
    context = Context()
    context.set(user="ann", request=1)

    def job() -> tuple[Any, Any]:
        return context.get("user"), context.get("request")

    assert worker.submit(context.copy().run, job).result() == ("ann", 1)


def test_run_hands_on_arguments_result_and_exception(worker: ThreadPoolExecutor) -> None:
    context = Context()
    assert worker.submit(context.copy().run, divmod, 7, 3).result() == (2, 1)
    with pytest.raises(ZeroDivisionError):
        worker.submit(context.copy().run, divmod, 7, 0).result()


def test_a_name_that_was_not_set_is_missing_in_the_copy_too(worker: ThreadPoolExecutor) -> None:
    context = Context()
    context.set(user="ann")
    assert worker.submit(context.copy().run, look, context, "request").result() == MISSING


def test_the_copy_has_only_the_values_of_the_thread_that_took_it(worker: ThreadPoolExecutor) -> None:
    context = Context()
    context.set(user="ann")
    worker.submit(context.set, request=99).result()
    assert worker.submit(context.copy().run, look, context, "request").result() == MISSING


def test_what_is_set_after_the_copy_was_taken_is_not_in_it(worker: ThreadPoolExecutor) -> None:
    context = Context()
    context.set(user="ann")
    copy = context.copy()
    context.set(user="bob", request=2)

    def job() -> tuple[Any, Any]:
        return look(context, "user"), look(context, "request")

    assert worker.submit(copy.run, job).result() == ("ann", MISSING)


def test_what_the_function_sets_is_not_seen_by_the_thread_that_took_the_copy(
    worker: ThreadPoolExecutor,
) -> None:
    context = Context()
    context.set(user="ann")

    def job() -> Any:
        context.set(user="bob", request=2)
        return context.get("user")

    assert worker.submit(context.copy().run, job).result() == "bob"
    assert (look(context, "user"), look(context, "request")) == ("ann", MISSING)


def test_what_the_function_sets_is_not_seen_while_it_runs_either(worker: ThreadPoolExecutor) -> None:
    context = Context()
    context.set(user="ann")
    has_set, may_end = Event(), Event()

    def job() -> None:
        try:
            context.set(user="bob")
        finally:
            has_set.set()
        may_end.wait()

    running = worker.submit(context.copy().run, job)
    has_set.wait()
    seen = look(context, "user")
    may_end.set()
    running.result()
    assert seen == "ann"


@pytest.mark.interleave
def test_two_copies_in_two_threads_do_not_mix() -> None:
    context = Context()
    context.set(user="nobody")
    ann, bob = context.copy(), context.copy()

    def serve(user: str) -> tuple[Any, Any]:
        before = context.get("user")
        context.set(user=user)
        return before, context.get("user")

    answers = together(ann=lambda: ann.run(serve, "ann"), bob=lambda: bob.run(serve, "bob"))
    assert answers == {"ann": ("nobody", "ann"), "bob": ("nobody", "bob")}
    assert context.get("user") == "nobody"


# Threads that are used again --------------------------------------------------------------


def test_nothing_of_the_copy_is_left_in_the_thread(worker: ThreadPoolExecutor) -> None:
    context = Context()
    context.set(user="ann")
    worker.submit(context.copy().run, lambda: context.set(request=1)).result()

    def next_job() -> tuple[Any, Any]:
        return look(context, "user"), look(context, "request")

    assert worker.submit(next_job).result() == (MISSING, MISSING)


@pytest.mark.parametrize("error", [ZeroDivisionError, SystemExit])
def test_nothing_of_the_copy_is_left_after_an_exception(
    worker: ThreadPoolExecutor, error: type[BaseException]
) -> None:
    context = Context()
    context.set(user="ann")

    def job() -> None:
        raise error

    with pytest.raises(error):
        worker.submit(context.copy().run, job).result()
    assert worker.submit(look, context, "user").result() == MISSING


def test_a_copy_can_be_run_again(worker: ThreadPoolExecutor) -> None:
    context = Context()
    context.set(user="ann")
    copy = context.copy()
    assert worker.submit(copy.run, look, context, "user").result() == "ann"
    assert worker.submit(copy.run, look, context, "user").result() == "ann"


def test_nothing_of_one_copy_is_left_in_the_next(worker: ThreadPoolExecutor) -> None:
    context = Context()
    context.set(user="ann")
    worker.submit(context.copy().run, lambda: context.set(request=1)).result()
    assert worker.submit(context.copy().run, look, context, "request").result() == MISSING


def test_the_thread_has_its_own_values_again_afterwards(worker: ThreadPoolExecutor) -> None:
    context = Context()
    worker.submit(context.set, user="worker").result()
    context.set(user="ann")
    assert worker.submit(context.copy().run, look, context, "user").result() == "ann"
    assert worker.submit(look, context, "user").result() == "worker"


def test_a_copy_without_values_hides_those_of_the_thread(worker: ThreadPoolExecutor) -> None:
    context = Context()
    worker.submit(context.set, user="worker").result()
    assert worker.submit(context.copy().run, look, context, "user").result() == MISSING
    assert worker.submit(look, context, "user").result() == "worker"


def test_a_run_inside_of_a_run_gives_each_its_values_back(worker: ThreadPoolExecutor) -> None:
    context = Context()
    worker.submit(context.set, user="worker").result()
    context.set(user="ann")
    outer = context.copy()
    context.set(user="bob")
    inner = context.copy()

    def job() -> tuple[Any, Any]:
        return inner.run(look, context, "user"), look(context, "user")

    assert worker.submit(outer.run, job).result() == ("bob", "ann")
    assert worker.submit(look, context, "user").result() == "worker"
