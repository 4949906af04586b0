"""The words of each kind of finding: its title, why it matters, what to try, how to silence it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from pytest_sensei.diagnosis import Diagnosis, Kind, Light

if TYPE_CHECKING:
    from pytest_sensei.diagnosis import Actor, Group, Resource


class Words(NamedTuple):
    """What is the same for every finding of a kind."""

    title: str
    why: str
    advice: str


WORDS: dict[Kind, Words] = {
    Kind.DEADLOCK_CYCLE: Words(
        "DEADLOCK",
        "",  # the picture says it
        "take the locks in the same order everywhere",
    ),
    Kind.SELF_DEADLOCK: Words(
        "SELF-DEADLOCK",
        "a plain Lock does not ask who holds it: its own holder waits as well",
        "call the inner part without the lock, or use an RLock",
    ),
    Kind.STALLED: Words(
        "STALLED",
        "everybody who could end this wait is waiting for ever too",
        "find the call that should wake it, and why it is not reached",
    ),
    Kind.ABANDONED_LOCK: Words(
        "ABANDONED LOCK",
        "its holder has ended, and nobody else can give the lock back",
        "use 'with lock:', so that an exception or a return gives it back",
    ),
    Kind.NO_EOF: Words(
        "NO END OF FILE",
        "a reader sees the end of the data only when every write end is closed, its own included",
        "close the write end in each process that does not write",
    ),
    Kind.FULL_PIPE: Words(
        "FULL PIPE",
        "a pipe holds about 64 KiB; who writes more waits until somebody reads",
        "read everything first, then join",
    ),
    Kind.LOCK_ORDER: Words(
        "LOCK ORDER",
        "this run got through; with other timing each holds one lock and waits for the other",
        "take the locks in the same order everywhere",
    ),
    Kind.RACE: Words(
        "RACE",
        "the outcome depends on which thread comes first",
        "hold one lock over everything that must not be torn apart",
    ),
    Kind.LEAKED_THREAD: Words(
        "LEAKED THREAD",
        "a thread that outlives its test keeps running inside the next ones",
        "put a sentinel and join() the thread before the test returns",
    ),
    Kind.LEAKED_PROCESS: Words(
        "LEAKED PROCESS",
        "a process that outlives its test keeps its files, locks and memory",
        "tell it to end, then join() it before the test returns",
    ),
    Kind.LEAKED_POOL: Words(
        "LEAKED POOL",
        "the workers run on until the pool is closed and joined",
        "close() and join() the pool, or use it in a 'with' block",
    ),
    Kind.ZOMBIE: Words(
        "ZOMBIE",
        "an ended process stays in the system's table until its parent asks how it ended",
        "join() every process that was started",
    ),
    Kind.ORPHAN: Words(
        "ORPHAN",
        "its parent is gone, so nobody can join it or learn how it ended",
        "let each process join its own children before it ends",
    ),
    Kind.LEAKED_PIPE_END: Words(
        "LEAKED PIPE END",
        "while an end is open, a reader at the other side waits for more; and open files run out",
        "close() it, or use it in a 'with' block",
    ),
    Kind.LEAKED_SHARED_MEMORY: Words(
        "LEAKED SHARED MEMORY",
        "the block takes memory until it is unlinked, and every process that uses it has closed it",
        "close() it in every process, and unlink() it once, in the one that made it",
    ),
    Kind.LOST_EXCEPTION: Words(
        "LOST EXCEPTION",
        "an exception in another thread or process does not reach the test: it passes as if all were well",
        "keep the exception, and raise it where the result is asked for",
    ),
    Kind.SPINNING: Words(
        "SPINNING",
        "asking again and again takes the processor from the one who should answer",
        "wait on a Condition, an Event or a Queue instead of looking in a loop",
    ),
    Kind.TIMEOUT: Words(
        "TIMEOUT",
        "no deadlock could be proved: something here or outside may still go on",
        "look at each line above: which of them should have ended by now?",
    ),
    Kind.EXPLORED: Words("EXPLORED", "", ""),
}

WAIT_FOR_IT = "where the order matters, wait for it: join(), an Event, a Queue"
"""What to try when a lock would not have helped: one thread came before the other."""


def silencer(group: Group) -> str:
    """The exact line that silences a group of kinds for one test."""
    return f'@pytest.mark.sensei({group.value}="off")'


def reason(diagnosis: Diagnosis) -> str:
    """Why it matters; for a stalled wait, why nobody can end it."""
    if _is_copied_at_fork(diagnosis):
        return "a fork copies the lock as it is, locked; in the child nobody will give it back"
    if diagnosis.kind is not Kind.STALLED:
        return WORDS[diagnosis.kind].why
    alive = [actor for actor in diagnosis.actors if actor.state != "ended"]
    if len(alive) == 1:
        return "nobody else is left who could end this wait"
    return WORDS[Kind.STALLED].why


def advice(diagnosis: Diagnosis) -> str:
    """What to try."""
    if _is_copied_at_fork(diagnosis):
        return "start processes while no lock is held, or with the 'spawn' start method"
    if diagnosis.kind is Kind.DEADLOCK_CYCLE:
        waited = {wait.resource for wait in diagnosis.waits}
        types = {thing.type for thing in diagnosis.resources if thing.id in waited}
        if "Connection" in types:
            return "let one side send first, before it waits for the other"
        if "import" in types:
            return "start threads in a function, and call it when the module has been imported"
    return WORDS[diagnosis.kind].advice


def _is_copied_at_fork(diagnosis: Diagnosis) -> bool:
    """Tell whether a lock is abandoned in a forked child only: in the parent its holder lives on."""
    return diagnosis.kind is Kind.ABANDONED_LOCK and all(actor.state != "ended" for actor in diagnosis.actors)


def actor_names(diagnosis: Diagnosis) -> dict[str, str]:
    """What to call each actor, by its id; two of the same name get numbers."""
    plain = {actor.id: _actor_name(actor) for actor in diagnosis.actors}
    seen: dict[str, int] = {}
    names = {}
    for actor_id, name in plain.items():
        seen[name] = seen.get(name, 0) + 1
        twins = list(plain.values()).count(name) > 1
        names[actor_id] = f"{name} #{seen[name]}" if twins else name
    return names


def _actor_name(actor: Actor) -> str:
    if actor.process == "MainProcess":
        return actor.thread
    return actor.process if actor.thread == "MainThread" else f"{actor.process}/{actor.thread}"


def resource_name(resource: Resource) -> str:
    """`forks[0]` for a lock; other things with their type, where the name does not tell it."""
    plain = resource.type in {"Lock", "RLock", "Thread", "Process"}
    if plain or resource.type.lower() in resource.name.lower():
        return resource.name
    return f"{resource.type} {resource.name}"


def found_after(diagnosis: Diagnosis) -> str:
    """How it was found, for the right end of the headline."""
    if not diagnosis.proved:
        return "not proved"
    schedule = diagnosis.schedule
    if schedule is not None and schedule.number:
        total = f" of {schedule.distinct}" if schedule.distinct else ""
        return f"in interleaving {schedule.number}{total}"
    if diagnosis.latency_ms is not None:
        return f"proved {diagnosis.latency_ms:.0f} ms after it formed"
    return ""


LIGHTS: dict[Light, str] = {
    Light.RED: "red",
    Light.AMBER: "amber",
    Light.GREEN: "green",
    Light.BLACK: "black",
}
