"""What goes wrong between threads: each a pattern of steps, and a sentence that is true of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from pytest_sensei.diagnosis import Place, Step

_ACCESSES = frozenset({"read", "write"})
_STATES = frozenset(
    {"None", "False", "True", "absent"}
)  # what a check finds, rather than a value to count on
_NAMED = 3  # with more actors, the main thread among them, "both" does not say who


@dataclass(frozen=True, slots=True)
class Story:
    """The steps of a schedule that explain it, by their index, and one sentence about them."""

    verdict: str | None = None
    about: tuple[str, ...] = ()  # the fields that it is about
    lost: frozenset[int] = frozenset()  # writes that another thread wrote over without having seen them
    stale: frozenset[int] = frozenset()  # reads whose value had changed when it was used
    old: frozenset[int] = frozenset()  # reads of what is only half of another thread's change
    early: frozenset[int] = frozenset()  # reads that nothing makes wait for the write
    over: dict[int, str] = field(default_factory=dict)  # a write, and the other's value that it replaced
    pairs: tuple[tuple[int, int], ...] = ()  # steps of one thread that nobody should come between
    is_order: bool = False  # one thread did all it did before the other: no lock would have changed that

    def mark(self, index: int) -> str:
        """What the story says of a step, in a word; nothing for most."""
        words = {"lost": self.lost, "stale": self.stale, "old": self.old, "too early": self.early}
        return next((word for word, steps in words.items() if index in steps), "")


class Scene:
    """The steps of a schedule, and who is who."""

    def __init__(self, steps: Sequence[Step], names: dict[str, str]) -> None:
        self.steps = steps
        self.names = names

    def who(self, at: int) -> str:
        return self.names[self.steps[at].actor]

    def is_read(self, at: int) -> bool:
        return self.steps[at].action == "read"

    def is_write(self, at: int) -> bool:
        return self.steps[at].action == "write"

    def clashing(self) -> list[int]:
        """Return the accesses that matter."""
        return [at for at, step in enumerate(self.steps) if step.action in _ACCESSES and step.matters]

    def touch(self, one: int, other: int) -> bool:
        """Tell whether two steps touch the same: a field, or an item and all of its container."""
        return overlap(self.steps[one], self.steps[other])

    def previous(self, index: int) -> int | None:
        """Return the same thread's last access to the same field."""
        step = self.steps[index]
        earlier = range(index - 1, -1, -1)
        return next((at for at in earlier if self._is_of(at, step) and self.touch(at, index)), None)

    def _is_of(self, at: int, step: Step) -> bool:
        return self.steps[at].actor == step.actor and self.steps[at].action in _ACCESSES

    def writes_between(self, start: int, end: int) -> list[int]:
        """Return other threads' writes to what `start` touches."""
        mine = self.steps[start].actor
        found = range(start + 1, end)
        return [
            at for at in found if self.is_write(at) and self.steps[at].actor != mine and self.touch(start, at)
        ]

    def in_one_go(self, start: int, end: int) -> bool:
        """Tell whether a thread did nothing with locks, queues or other threads between two of its steps."""
        mine = self.steps[start]
        if mine.place.function != self.steps[end].place.function:
            return False
        between = self.steps[start + 1 : end]
        return all(step.action in _ACCESSES for step in between if step.actor == mine.actor)

    def both(self, one: int, other: int) -> str:
        """Return "both", or who they are where there are more."""
        return f"{self.who(one)} and {self.who(other)} both" if len(self.names) > _NAMED else "both"


def overlap(one: Step, other: Step) -> bool:
    """Tell whether two accesses may be to the same: the same field, or an item and the whole of its container."""
    if one.field == other.field:
        return one.field is not None
    if one.part_of is None or one.part_of != other.part_of:
        return False
    return one.part_of in (one.field, other.field)


def seen_as(step: Step) -> str:
    """`Counter.value as 0`."""
    return f"{step.field} as {step.value}" if step.value is not None else str(step.field)


def wrong_order(scene: Scene) -> Story | None:
    """One thread did all it did before the other did anything."""
    steps, clashing = scene.steps, scene.clashing()
    actors = list(dict.fromkeys(steps[at].actor for at in clashing))
    if len(actors) != 2:
        return None
    first, second = ([at for at in clashing if steps[at].actor == actor] for actor in actors)
    fails = max((at for at in _at(scene, "raise") if steps[at].actor == actors[0]), default=first[-1])
    if max(first[-1], fails) > second[0]:
        return None
    found = [
        (x, y)
        for x in first
        for y in second
        if scene.touch(x, y) and not (scene.is_read(x) and scene.is_read(y))
    ]
    if not found:
        return None
    one, other = max(found, key=lambda pair: (scene.is_read(pair[0]), pair[0], -pair[1]))
    early = frozenset({one} if scene.is_read(one) else ())
    return Story(_order_sentence(scene, one, other), (str(steps[one].field),), early=early, is_order=True)


def _order_sentence(scene: Scene, one: int, other: int) -> str:
    first, second = scene.steps[one], scene.steps[other]
    if scene.is_read(one):
        return (
            f"{scene.who(one)} read {seen_as(first)} before {scene.who(other)} changed {_it(first, second)}"
        )
    if scene.is_read(other):
        return f"{scene.who(one)} changed {_to(first)} before {scene.who(other)} read {_it(first, second, value=False)}"
    return f"{scene.who(one)} changed {first.field} before {scene.who(other)} did"


def _it(known: Step, step: Step, *, value: bool = True) -> str:
    name = "it" if step.field == known.field else str(step.field)
    return f"{name} to {step.value}" if value and step.value is not None else name


def _to(step: Step) -> str:
    return f"{step.field} to {step.value}" if step.value is not None else str(step.field)


def lost_update(scene: Scene) -> Story | None:
    """A thread reads, another writes, and the first writes over that what follows from its read."""
    for write in _at(scene, "write"):
        read = scene.previous(write)
        if read is None or not _is_plain_pair(scene, read, write):
            continue
        lost = [at for at in scene.writes_between(read, write) if scene.steps[at].value is not None]
        if lost:
            return _lost(scene, read, write, lost)
    return None


def _is_plain_pair(scene: Scene, read: int, write: int) -> bool:
    """Tell whether it is a read and a write of one value: a call into a container writes over nothing."""
    one, other = scene.steps[read], scene.steps[write]
    return one.action == "read" and one.field == other.field and None not in (one.value, other.value)


def _lost(scene: Scene, read: int, write: int, lost: list[int]) -> Story:
    steps = scene.steps
    checked = steps[read].value in _STATES and steps[read].place != steps[write].place
    sentence = (
        _check_sentence(scene, read, write, lost[0])
        if checked
        else _lost_sentence(scene, read, write, lost[0])
    )
    values = {steps[at].value for at in lost}
    gone = frozenset() if checked and values == {steps[write].value} else frozenset(lost)
    about = (str(steps[write].field),)
    return Story(sentence, about, gone, frozenset({read}), pairs=((read, write),))


def _read_the_same(scene: Scene, read: int, lost: int) -> bool:
    """Tell whether the other thread, too, wrote what follows from the same value."""
    other = scene.previous(lost)
    return other is not None and scene.is_read(other) and scene.steps[other].value == scene.steps[read].value


def _lost_sentence(scene: Scene, read: int, write: int, lost: int) -> str:
    steps = scene.steps
    noun, value = _update_noun(steps[lost]), steps[read].value
    saw = f"found {steps[read].field} absent" if value == "absent" else f"read {value}"
    if _read_the_same(scene, read, lost):
        return f"{scene.both(lost, write)} {saw}, so one {noun} was lost"
    second = scene.who(lost)
    return (
        f"{scene.who(write)} {saw} before {second} wrote {steps[lost].value}: the {noun} of {second} was lost"
    )


def _check_sentence(scene: Scene, read: int, write: int, lost: int) -> str:
    if not _read_the_same(scene, read, lost):
        return _stale_sentence(scene, read, lost)
    step = scene.steps[read]
    if step.value == "absent":
        return f"{scene.both(lost, write)} found {step.field} absent before either had written it"
    return f"{scene.both(lost, write)} read {seen_as(step)} before either had changed it"


def _update_noun(step: Step) -> str:
    for sign, noun in (("+=", "increment"), ("-=", "decrement")):
        if sign in step.place.source:
            return noun
    return "update"


def overwritten(scene: Scene) -> Story | None:
    """A thread reads back what it has just written, and finds another's."""
    for read in _at(scene, "read"):
        write = scene.previous(read)
        if write is None or not scene.is_write(write) or not scene.in_one_go(write, read):
            continue
        mine, seen = scene.steps[write], scene.steps[read]
        others = scene.writes_between(write, read)
        if others and mine.field == seen.field and mine.value not in (None, seen.value):
            sentence = (
                f"{scene.who(read)} wrote {seen_as(mine)} and read it back as {seen.value}: "
                f"{scene.who(others[-1])} had written it in between"
            )
            return Story(sentence, (str(mine.field),), lost=frozenset({write}), pairs=((write, read),))
    return None


def stale_check(scene: Scene) -> Story | None:
    """A thread looks, another changes what it saw, and then it acts, on another line, without a new look."""
    for write in _at(scene, "write"):
        look = _look_elsewhere(scene, write)
        changed = _changes(scene, look, write) if look is not None else []
        if look is not None and changed:
            return _stale(scene, look, changed[-1], write)
    return None


def _look_elsewhere(scene: Scene, write: int) -> int | None:
    """The same thread's latest access to what it writes, on another line; None if it is a write."""
    step = scene.steps[write]
    for at in range(write - 1, -1, -1):
        other = scene.steps[at]
        if other.actor == step.actor and overlap(other, step) and other.place != step.place:
            return at if other.action == "read" else None
    return None


def stale_read(scene: Scene) -> Story | None:
    """A thread acts on what it read, though another has changed it; the one nearest to the failure."""
    for index in reversed(_at(scene, "write", "raise")):
        for read in _fresh_reads(scene, index):
            changed = _changes(scene, read, index)
            if changed:
                return _stale(scene, read, changed[-1], index)
    return None


def _fresh_reads(scene: Scene, index: int) -> Iterator[int]:
    """The last read of each field by the thread of a step, latest first."""
    seen: set[str | None] = set()
    for at in range(index - 1, -1, -1):
        step = scene.steps[at]
        if step.actor == scene.steps[index].actor and step.action in _ACCESSES and step.field not in seen:
            seen.add(step.field)
            if step.action == "read":
                yield at


def _changes(scene: Scene, read: int, end: int) -> list[int]:
    """Return others' writes that changed what was read; one that shows no value did."""
    seen = scene.steps[read]
    writes = scene.writes_between(read, end)
    return [at for at in writes if scene.steps[at].value is None or scene.steps[at].value != seen.value]


def _stale(scene: Scene, read: int, changed: int, act: int) -> Story:
    about = (str(scene.steps[read].field),)
    return Story(_stale_sentence(scene, read, changed), about, stale=frozenset({read}), pairs=((read, act),))


def _stale_sentence(scene: Scene, read: int, changed: int) -> str:
    seen, write = scene.steps[read], scene.steps[changed]
    saw = f"read {seen_as(seen)}" if seen.value is not None else f"looked at {seen.field}"
    return f"{scene.who(read)} {saw} and went on with that, after {scene.who(changed)} had changed {_it(seen, write)}"


def torn_read(scene: Scene) -> Story | None:
    """A thread reads one field before and another after a change that another thread makes to both."""
    for one, other in _neighbours(scene, "read"):
        for new, old in ((one, other), (other, one)):
            halves = _halves(scene, new, old)
            if halves is not None:
                sentence = _torn_sentence(scene, (one, other), old, scene.who(halves[0]))
                about = (str(scene.steps[old].field), str(scene.steps[new].field))
                pairs = ((one, other), (min(halves), max(halves)))
                return Story(sentence, about, old=frozenset({old}), pairs=pairs)
    return None


def _neighbours(scene: Scene, action: str) -> list[tuple[int, int]]:
    """Return the accesses of one kind that a thread made to two fields one after the other."""
    clashing = [at for at in scene.clashing() if scene.steps[at].action == action]
    actors = dict.fromkeys(scene.steps[at].actor for at in clashing)
    found = []
    for actor in actors:
        mine = [at for at in clashing if scene.steps[at].actor == actor]
        found += [(x, y) for x, y in pairwise(mine) if not scene.touch(x, y)]
    return sorted(found, key=max)


def _halves(scene: Scene, new: int, old: int) -> tuple[int, int] | None:
    """Return the two writes of another thread of which `new` has seen the one, and `old` not the other."""
    for write, other in _neighbours(scene, "write"):
        for done, missing in ((write, other), (other, write)):
            if (
                scene.steps[done].actor != scene.steps[new].actor
                and done < new
                and old < missing
                and scene.touch(done, new)
                and scene.touch(missing, old)
                and not _written_between(scene, done, new)
                and not _written_between(scene, old, missing)
                and scene.steps[missing].value != scene.steps[old].value
            ):
                return done, missing
    return None


def _written_between(scene: Scene, start: int, end: int) -> bool:
    return any(scene.is_write(at) and scene.touch(start, at) for at in range(start + 1, end))


def _torn_sentence(scene: Scene, reads: tuple[int, int], old: int, writer: str) -> str:
    first, second = reads
    by = {at: "not yet changed" if at == old else "already changed" for at in reads}
    return (
        f"{scene.who(first)} read {seen_as(scene.steps[first])}, {by[first]} by {writer}, "
        f"and {seen_as(scene.steps[second])}, {by[second]}"
    )


def mixed_writes(scene: Scene) -> Story | None:
    """Two threads change the same two fields by the same lines, and half of each change is left."""
    written = _neighbours(scene, "write")
    for mine in written:
        for theirs in written:
            if _lines(scene, mine) == _lines(scene, theirs) and _mixed(scene, mine, theirs):
                return _mixture(scene, mine, theirs)
    return None


def _lines(scene: Scene, pair: tuple[int, int]) -> list[tuple[str | None, Place]]:
    return [(scene.steps[at].field, scene.steps[at].place) for at in pair]


def _mixed(scene: Scene, mine: tuple[int, int], theirs: tuple[int, int]) -> bool:
    """Tell whether their first write and my second are what was left."""
    if scene.steps[mine[0]].actor == scene.steps[theirs[0]].actor:
        return False
    kept = (theirs[0], mine[1])
    left = all(not _overwritten(scene, at) and scene.steps[at].value is not None for at in kept)
    return left and mine[0] < theirs[0] and theirs[1] < mine[1]


def _mixture(scene: Scene, mine: tuple[int, int], theirs: tuple[int, int]) -> Story:
    first, second = scene.steps[theirs[0]], scene.steps[mine[1]]
    sentence = (
        f"{first.field} was left as {first.value} by {scene.who(theirs[0])}, "
        f"{second.field} as {second.value} by {scene.who(mine[1])}: half of each"
    )
    return Story(sentence, (str(first.field), str(second.field)), pairs=(mine, theirs))


def _overwritten(scene: Scene, write: int) -> bool:
    return _written_between(scene, write, len(scene.steps))


def changed_meanwhile(scene: Scene) -> Story | None:
    """A thread looks twice, or goes through a container, and another changes that in between."""
    for read in reversed(_at(scene, "read")):
        first = scene.previous(read)
        if first is None or not scene.is_read(first) or not scene.in_one_go(first, read):
            continue
        one, other = scene.steps[first], scene.steps[read]
        writes = scene.writes_between(first, read)
        if not writes or one.field != other.field:
            continue
        who, writer = scene.who(read), scene.who(writes[-1])
        if one.field == one.part_of and one.place == other.place and "for " in one.place.source:
            sentence = f"{writer} changed {one.field} while {who} went through it"
        elif one.place != other.place and one.value != other.value and None not in (one.value, other.value):
            sentence = (
                f"{who} read {seen_as(one)} and then as {other.value}: {writer} had changed it in between"
            )
        else:
            continue
        return Story(sentence, (str(one.field),), stale=frozenset({first}), pairs=((first, read),))
    return None


def on_the_way(scene: Scene) -> Story | None:
    """A thread reads what another is in the middle of changing."""
    for read in _at(scene, "read"):
        writes = [at for at in range(read) if scene.is_write(at) and scene.touch(at, read)]
        if not writes or scene.steps[writes[-1]].actor == scene.steps[read].actor:
            continue
        before = writes[-1]
        later = _next_write(scene, before, read)
        if later is None:
            continue
        seen, step = scene.steps[read], scene.steps[later]
        if step.field == seen.field and step.value != seen.value and None not in (step.value, seen.value):
            sentence = (
                f"{scene.who(read)} read {seen_as(seen)} while {scene.who(later)} was still changing it"
            )
        elif not scene.touch(later, read):
            sentence = f"{scene.who(read)} read {seen_as(seen)} between two writes of {scene.who(later)}"
        else:
            continue
        return Story(sentence, (str(seen.field),), old=frozenset({read}), pairs=((before, later),))
    return None


def _next_write(scene: Scene, write: int, after: int) -> int | None:
    """Return the next write of the same thread, if it comes after a step, and belongs to the same piece of work."""
    mine = scene.steps[write].actor
    later = range(write + 1, len(scene.steps))
    found = next((at for at in later if scene.is_write(at) and scene.steps[at].actor == mine), None)
    return found if found is not None and found > after and scene.in_one_go(write, found) else None


def _at(scene: Scene, *actions: str) -> list[int]:
    return [at for at, step in enumerate(scene.steps) if step.action in actions and step.matters]


TELLERS = (
    *(wrong_order, lost_update, overwritten, stale_check, torn_read, mixed_writes),
    *(changed_meanwhile, stale_read, on_the_way),
)
"""What may have happened, the surest first."""


def overwrites(steps: Iterable[Step]) -> Iterator[tuple[int, str]]:
    """Yield the writes over another thread's value, with that value."""
    last: dict[str, Step] = {}
    for index, step in enumerate(steps):
        if step.action == "write" and step.field is not None:
            before = last.get(step.field)
            if before is not None and before.actor != step.actor and before.value is not None:
                yield index, before.value
            last[step.field] = step
