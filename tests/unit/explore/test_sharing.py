"""Which fields are schedule points, and what objects are called from one execution to the next."""

from __future__ import annotations

from pytest_sensei.explore.access import ANY, ITEM
from pytest_sensei.explore.sharing import Epochs, Names, Track, conflict, scope_of


class Thing:
    pass


def accesses(*steps: tuple[Epochs, bool]) -> list[bool]:
    track = Track(object(), active=False)
    return [conflict(track, epochs, writes=writes) for epochs, writes in steps]


def test_what_the_parent_wrote_before_the_start_does_not_conflict() -> None:
    parent = Epochs(0, {})
    track = Track(object(), active=False)
    assert not conflict(track, parent, writes=True)
    child = parent.child(1)
    assert not conflict(track, child, writes=False)
    assert not conflict(track, child, writes=True)
    parent.learn(child)
    assert not conflict(track, parent, writes=False)


def test_siblings_conflict_when_one_of_them_writes() -> None:
    parent = Epochs(0, {})
    one, two = parent.child(1), parent.child(2)
    assert accesses((one, False), (two, False)) == [False, False]
    assert accesses((one, True), (two, False)) == [False, True]
    assert accesses((one, False), (two, True)) == [False, True]
    assert accesses((one, True), (two, True)) == [False, True]


def test_what_the_parent_does_after_the_start_conflicts_until_the_join() -> None:
    parent = Epochs(0, {})
    child = parent.child(1)
    assert accesses((parent, True), (child, False)) == [False, True]
    assert accesses((child, True), (parent, False)) == [False, True]


def test_the_items_of_a_container_are_tracked_as_one() -> None:
    assert scope_of((ITEM, 3)) is ANY
    assert scope_of("value") == "value"


def test_objects_of_the_beginning_have_names_of_their_own_and_later_ones_that_of_their_type() -> None:
    names = Names()
    first, second, late = Thing(), Thing(), Thing()
    assert names.of(first, "x") == (0, "x")
    assert names.of(second, "x") == (1, "x")
    names.alone = False
    assert names.of(first, "y") == (0, "y")
    assert names.of(late, "x")[0] == f"{__name__}.Thing"


def test_globals_and_class_attributes_are_named_by_module_and_class() -> None:
    names = Names()
    assert names.of(globals(), "total") == (__name__, "total")
    assert names.of(Thing, "total") == (f"class {__name__}.Thing", "total")


def test_lasting_identities_are_distinct_and_the_same_in_each_execution() -> None:
    seen = []
    for _ in range(2):
        names = Names()
        things = [Thing(), Thing(), Thing()]
        names.of(things[1], "x")
        seen.append([names.identify(thing) for thing in (*things, things[0])])
    assert seen[0] == seen[1]
    assert len(set(seen[0])) == 3
    assert seen[0][0] == seen[0][3]
