"""The wait-for graph decides by itself, without threads."""

from __future__ import annotations

from pytest_sensei.watch.graph import OUTSIDE, Blocked, Situation, behind, cycle, knot


def holds(actor: str, *owners: str) -> Blocked:
    return Blocked(actor, f"lock of {actor}", frozenset(owners), binding=True)


def anybody(actor: str) -> Blocked:
    return Blocked(actor, f"event of {actor}", None, binding=False)


def situation(*blocked: Blocked, active: tuple[str, ...] = ()) -> Situation:
    return Situation(blocked, frozenset(active))


def test_two_who_wait_for_each_other_are_stuck() -> None:
    assert knot(situation(holds("a", "b"), holds("b", "a"))) == {"a", "b"}


def test_a_chain_that_ends_in_somebody_active_is_free() -> None:
    assert knot(situation(holds("a", "b"), holds("b", "c"), active=("c",))) == frozenset()


def test_a_cycle_is_stuck_while_others_run() -> None:
    assert knot(situation(holds("a", "b"), holds("b", "a"), active=("c",))) == {"a", "b"}


def test_who_waits_behind_a_cycle_is_stuck_too() -> None:
    assert knot(situation(holds("a", "b"), holds("b", "a"), holds("c", "a"))) == {"a", "b", "c"}


def test_waits_that_anybody_can_end_are_stuck_when_all_wait() -> None:
    assert knot(situation(anybody("a"), anybody("b"))) == {"a", "b"}


def test_one_active_thread_frees_all_who_wait_for_anybody() -> None:
    assert knot(situation(anybody("a"), anybody("b"), active=("c",))) == frozenset()


def test_something_outside_frees_who_waits_for_anybody_but_no_cycle() -> None:
    stuck = knot(situation(anybody("a"), holds("b", "c"), holds("c", "b"), active=(OUTSIDE,)))
    assert stuck == {"b", "c"}


def test_who_can_be_freed_by_a_freed_one_is_free() -> None:
    assert knot(situation(holds("a", "b"), anybody("b"), holds("c", "d"), active=("d",))) == frozenset()


def test_an_owner_that_ended_can_wake_nobody() -> None:
    assert knot(situation(holds("a"), active=("b",))) == {"a"}


def test_one_of_several_wakers_is_enough() -> None:
    either = Blocked("a", "pipe", frozenset({"b", "c"}), binding=False)
    assert knot(situation(either, holds("b", "a"), active=("c",))) == frozenset()
    assert knot(situation(either, holds("b", "a"), holds("c", "b"))) == {"a", "b", "c"}


def test_a_cycle_is_found_in_its_order() -> None:
    blocked = {
        wait.actor: wait for wait in (holds("a", "b"), holds("b", "c"), holds("c", "a"), holds("d", "a"))
    }
    assert cycle(blocked, blocked) == ("a", "b", "c")


def test_a_thread_that_waits_for_itself_is_a_cycle_of_one() -> None:
    blocked = {"a": holds("a", "a")}
    assert cycle(blocked, blocked) == ("a",)


def test_waits_for_anybody_form_no_cycle() -> None:
    blocked = {"a": anybody("a"), "b": holds("b", "a")}
    assert cycle(blocked, blocked) == ()


def test_behind_are_those_who_wait_for_the_core() -> None:
    blocked = {wait.actor: wait for wait in (holds("a", "a"), holds("b", "a"), holds("c", "b"), anybody("d"))}
    assert behind(blocked, ["a"]) == {"b", "c"}
