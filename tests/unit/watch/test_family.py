"""The family's graph: who counts as able to end a wait, on scenes made by hand."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

from pytest_sensei.watch import graph
from pytest_sensei.watch.family import Kin, Scene, Sleeper
from pytest_sensei.watch.graph import Blocked, certain
from pytest_sensei.watch.home import Home
from pytest_sensei.watch.judging import Judge, Suspicion, _is_proved, _stuck
from pytest_sensei.watch.notes import Need, NotedThread, NotedWait, Want
from pytest_sensei.watch.procfs import End, Stat
from pytest_sensei.watch.record import Member, Site, Taken

if TYPE_CHECKING:
    from pathlib import Path

ROOT, ONE, TWO = 10, 11, 12
WITH = Site(__file__, "__enter__", 1, 1)  # taken in a way that gives back by itself


def main(pid: int) -> str:
    return f"p{pid}.t1"


def waiting(pid: int, *needs: Need) -> Kin:
    thread = NotedThread(main(pid), pid, "MainThread", NotedWait(pid, 1.0, 2.0, needs))
    return _kin(pid, threads=(thread,))


def running(pid: int) -> Kin:
    return _kin(pid, others=(main(pid),))


def _kin(pid: int, threads: tuple[NotedThread, ...] = (), others: tuple[str, ...] = ()) -> Kin:
    stat = Stat(pid, 1 if pid == ROOT else ROOT, "S", pid, "python")
    return Kin(stat, None, Member(pid, pid, f"p{pid}", ready=True), False, threads, (), others)


def scene(*kins: Kin, taken: tuple[Taken, ...] = (), ends: dict[int, list[End]] | None = None) -> Scene:
    by_key: dict[int, list[Taken]] = {}
    for each in taken:
        by_key.setdefault(each.key, []).append(each)
    living = {kin.pid for kin in kins}
    dead = frozenset((each.pid, each.start) for each in taken if each.pid not in living)
    made = Scene(ROOT, {kin.pid: kin for kin in kins}, by_key, dead)
    made._ends.update({pid: (ends or {}).get(pid, []) for pid in living})
    made._maps.update(dict.fromkeys(living, frozenset({5})))
    return made


def holds(pid: int, key: int) -> Taken:
    return Taken(pid, pid, f"p{pid}", key, 1, 1, WITH)


def lock(key: int) -> Need:
    return Need(Want.SEMAPHORE, key, lock=True, inode=5)


def joins(pid: int) -> Need:
    return Need(Want.PROCESS, pid)


def reads(inode: int) -> Need:
    return Need(Want.READ, inode, "pipe")


def test_two_that_hold_what_the_other_wants_are_stuck_whatever_the_test_does() -> None:
    family = scene(running(ROOT), waiting(ONE, lock(1)), waiting(TWO, lock(2)),
                   taken=(holds(ONE, 2), holds(TWO, 1)))  # fmt: skip
    assert _stuck(family) == {main(ONE), main(TWO)}


def program(pid: int) -> Kin:
    """A process that we see from outside only."""
    return replace(running(pid), member=None)


def test_a_program_that_was_started_later_may_end_a_child() -> None:
    ends = {ONE: [End(3, "pipe", 7, True, True)]}
    assert not _stuck(scene(waiting(ROOT, joins(ONE)), waiting(ONE, reads(7)), program(TWO), ends=ends))


def test_a_program_that_was_there_before_does_not_know_of_the_child() -> None:
    ends = {TWO: [End(3, "pipe", 7, True, True)]}
    family = scene(waiting(ROOT, joins(TWO)), waiting(TWO, reads(7)), program(ONE), ends=ends)
    assert _stuck(family) == {main(ROOT), main(TWO)}


def test_a_program_excuses_no_cycle() -> None:
    family = scene(waiting(ROOT, joins(ONE)), waiting(ONE, lock(1)), program(TWO), taken=(holds(ROOT, 1),))
    assert _stuck(family) == {main(ROOT), main(ONE)}


def test_a_holder_that_runs_will_give_back() -> None:
    family = scene(waiting(ROOT, joins(ONE)), waiting(ONE, lock(1)), running(TWO), taken=(holds(TWO, 1),))
    assert not _stuck(family)


def test_a_dead_holder_gives_nothing_back() -> None:
    family = scene(running(ROOT), waiting(ONE, lock(1)), taken=(holds(TWO, 1),))
    assert _stuck(family) == {main(ONE)}


def test_a_lock_that_two_records_mention_has_no_certain_holder() -> None:
    given_back = Taken(ROOT, ROOT, "p10", 1, 0, -1, None)
    family = scene(running(ROOT), waiting(ONE, lock(1)), taken=(holds(TWO, 1), given_back))
    assert not _stuck(family)


def test_a_child_that_its_parent_may_still_end_is_not_stuck() -> None:
    event = Need(Want.SEMAPHORE, 1, inode=5)
    assert not _stuck(scene(running(ROOT), waiting(ONE, event)))
    assert _stuck(scene(waiting(ROOT, joins(ONE)), waiting(ONE, event))) == {main(ROOT), main(ONE)}


def test_who_does_not_share_a_semaphore_cannot_release_it() -> None:
    event = Need(Want.SEMAPHORE, 1, inode=6)  # mapped by nobody here but the waiter, say
    family = scene(waiting(ROOT, event), running(ONE))
    assert _stuck(family) == {main(ROOT)}


def test_a_reader_with_its_own_write_end_waits_for_itself() -> None:
    own = [End(3, "pipe", 7, True, False), End(4, "pipe", 7, False, True)]
    assert _stuck(scene(waiting(ROOT, reads(7)), ends={ROOT: own})) == {main(ROOT)}


def test_a_write_end_of_a_process_that_runs_is_a_delay() -> None:
    ends = {ROOT: [End(3, "pipe", 7, True, False)], ONE: [End(4, "pipe", 7, False, True)]}
    assert not _stuck(scene(waiting(ROOT, reads(7)), running(ONE), ends=ends))


def test_a_write_end_that_nobody_seems_to_have_is_on_its_way() -> None:
    assert not _stuck(scene(waiting(ROOT, reads(7)), ends={ROOT: [End(3, "pipe", 7, True, False)]}))


def test_who_waits_for_any_of_several_needs_one_that_moves() -> None:
    assert not _stuck(scene(waiting(ROOT, joins(ONE), joins(TWO)), waiting(ONE, lock(1)), running(TWO)))


def test_an_unknown_process_may_end() -> None:
    assert not _stuck(scene(waiting(ROOT, joins(99))))


def test_the_end_of_a_process_is_up_to_its_main_thread() -> None:
    helper = NotedThread("p11.t2", 111, "feeder", NotedWait(5, 1.0, 2.0, (Need(Want.INSIDE),)))
    held = waiting(ONE, lock(1))
    child = Kin(held.stat, None, held.member, False, (*held.threads, helper))
    family = scene(waiting(ROOT, joins(ONE)), child, taken=(holds(ROOT, 1),))
    situation = family.situation(killers=False)
    stuck = graph.knot(situation)
    assert graph.cycle(family.binding_edges(situation), stuck) == (main(ROOT), main(ONE))


def test_certain_are_a_cycle_and_who_waits_behind_it() -> None:
    edges = {
        "a": Blocked("a", "x", frozenset({"b"}), binding=True),
        "b": Blocked("b", "y", frozenset({"a"}), binding=True),
        "c": Blocked("c", "z", frozenset({"a"}), binding=True),
        "d": Blocked("d", "w", frozenset({"e"}), binding=False),
        "e": Blocked("e", "w", frozenset({"d"}), binding=False),
    }
    assert certain(edges, edges) == {"a", "b", "c"}


def test_a_wait_that_was_not_tried_again_proves_nothing() -> None:
    seen = Suspicion(frozenset(), seen=5.0)
    fresh, stale = (NotedWait(1, 1.0, tried, ()) for tried in (5.1, 4.9))
    assert _is_proved({"a": fresh}, seen)
    assert not _is_proved({"a": fresh, "b": stale}, seen)
    assert _is_proved({"a": fresh, "b": Sleeper("b", 1, (), "asleep")}, seen)


def test_who_suspects_a_knot_asks_again_when_the_others_do_not_tell_any_more(tmp_path: Path) -> None:
    home = Home(tmp_path)
    judge = Judge(home, ROOT, None)
    family = scene(waiting(ROOT, joins(ONE)), waiting(ONE, joins(ROOT)))

    def asked() -> int:
        judge._judged(family)
        return home.head.challenges

    assert asked() == 1
    judge._alert_until = math.inf  # they are telling: to ask again would be of no use
    assert asked() == 1
    judge._alert_until = 0.0
    assert asked() == 2
