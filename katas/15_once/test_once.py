"""What an Once promises. Marked tests run in every order in which the threads can take turns."""

from __future__ import annotations

import time
from collections.abc import Callable
from threading import Event, Thread
from unittest.mock import ANY

import pytest
from once import Once


class Thing:
    """What a factory makes; two of them are never equal."""


class Factory:
    """Makes a new Thing at each call, after the exceptions that it is told to raise."""

    def __init__(self, *troubles: BaseException) -> None:
        self.troubles = list(troubles)
        self.calls = 0

    def __call__(self) -> Thing:
        self.calls += 1
        if self.troubles:
            raise self.troubles.pop(0)
        return Thing()


def together(**jobs: Callable[[], object]) -> dict[str, object]:
    """Run each job in a thread of that name, all at once; what each one returned or raised."""
    answers: dict[str, object] = dict.fromkeys(jobs)

    def run(name: str) -> None:
        try:
            answers[name] = jobs[name]()
        except ValueError as trouble:
            answers[name] = trouble

    threads = [Thread(target=run, args=(name,), name=name) for name in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


# One caller -------------------------------------------------------------------------------


def test_get_returns_what_the_factory_made() -> None:
    thing = Thing()
    assert Once(lambda: thing).get() is thing


def test_the_factory_is_not_called_before_somebody_asks() -> None:
    factory = Factory()
    Once(factory)
    assert factory.calls == 0


def test_the_second_get_returns_the_same_object() -> None:
    factory = Factory()
    once = Once(factory)
    assert once.get() is once.get()
    assert factory.calls == 1


@pytest.mark.parametrize("made", [None, 0, "", ValueError("just an object"), ANY])
def test_a_factory_may_make_nothing_and_is_not_called_again(made: object) -> None:
    calls = []

    def factory() -> object:
        calls.append("factory")
        return made

    once = Once(factory)
    assert once.get() is made
    assert once.get() is made
    assert calls == ["factory"]


def test_every_once_has_an_object_of_its_own() -> None:
    assert Once(Thing).get() is not Once(Thing).get()


def test_a_factory_may_ask_another_once() -> None:
    part = Once(Thing)
    whole = Once(lambda: [part.get()])
    assert whole.get() == [part.get()]


# Many callers -----------------------------------------------------------------------------


@pytest.mark.interleave
def test_two_threads_that_ask_at_once_get_the_same_object() -> None:
    factory = Factory()
    once = Once(factory)
    answers = together(ann=once.get, bob=once.get)
    assert factory.calls == 1, "the factory was called again"
    assert all(isinstance(answer, Thing) for answer in answers.values()), "not what the factory made"
    assert answers["ann"] is answers["bob"]


@pytest.mark.interleave
def test_three_threads_that_ask_at_once_get_the_same_object() -> None:
    factory = Factory()
    once = Once(factory)
    answers = together(ann=once.get, bob=once.get, cat=once.get)
    assert factory.calls == 1, "the factory was called again"
    assert all(isinstance(answer, Thing) for answer in answers.values()), "not what the factory made"
    assert answers["ann"] is answers["bob"]
    assert answers["ann"] is answers["cat"]


@pytest.mark.interleave
def test_the_factory_is_waited_for_as_long_as_it_takes() -> None:
    factory = Factory()

    def take_long() -> Thing:
        time.sleep(3600)  # costs nothing: ends when nobody else can run
        return factory()

    once = Once(take_long)
    answers = together(ann=once.get, bob=once.get)
    assert factory.calls == 1
    assert answers["ann"] is answers["bob"]


# The factory raises -----------------------------------------------------------------------


def test_the_caller_gets_the_exception_of_the_factory() -> None:
    trouble = ValueError("no connection")
    with pytest.raises(ValueError) as raised:
        Once(Factory(trouble)).get()
    assert raised.value is trouble


def test_after_an_exception_another_thread_may_try_again() -> None:
    once = Once(Factory(ValueError("no connection")))
    failed, tried_again = Event(), Event()
    made = []

    def fail() -> None:
        try:
            with pytest.raises(ValueError):
                once.get()
        finally:
            failed.set()
        tried_again.wait()  # a thread that failed once goes on living

    def try_again() -> None:
        failed.wait()
        try:
            made.append(once.get())
        finally:
            tried_again.set()

    together(ann=fail, bob=try_again)
    assert made == [once.get()]


def test_after_an_interruption_the_next_caller_may_try_again() -> None:
    class Interrupted(BaseException):
        """Like KeyboardInterrupt: no Exception, and yet it ends the factory."""

    once = Once(Factory(Interrupted()))
    with pytest.raises(Interrupted):
        once.get()
    assert isinstance(once.get(), Thing)


def test_after_an_exception_the_same_thread_may_try_again() -> None:
    factory = Factory(ValueError("no connection"), ValueError("still none"))
    once = Once(factory)
    for _ in range(2):
        with pytest.raises(ValueError):
            once.get()
    assert isinstance(once.get(), Thing)
    assert factory.calls == 3


@pytest.mark.interleave
def test_nobody_is_left_without_an_answer_when_the_factory_fails() -> None:
    trouble = ValueError("no connection")
    factory = Factory(trouble)
    once = Once(factory)
    answers = together(ann=once.get, bob=once.get)
    thing = once.get()
    assert isinstance(thing, Thing)
    assert factory.calls == 2
    assert trouble in answers.values()
    assert all(answer in (trouble, thing) for answer in answers.values())


# The factory asks for what it is making ---------------------------------------------------


def test_a_factory_that_calls_get_gets_a_runtime_error() -> None:
    raised: list[RuntimeError] = []
    thing = Thing()

    def factory() -> Thing:
        try:
            once.get()
        except RuntimeError as error:
            raised.append(error)
        return thing

    once: Once[Thing] = Once(factory)
    assert once.get() is thing
    assert len(raised) == 1, "the factory was called again while it was at work"
    assert not isinstance(raised[0], RecursionError), "it went round until Python stopped it"


def test_a_factory_that_called_get_may_be_called_again() -> None:
    thing = Thing()
    asks_itself = [True]

    def factory() -> Thing:
        return once.get() if asks_itself.pop() else thing

    once: Once[Thing] = Once(factory)
    with pytest.raises(RuntimeError):
        once.get()
    asks_itself.append(False)
    assert once.get() is thing
