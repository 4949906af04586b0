"""Busy waits: who asks again and again instead of waiting, seen when the time limit ends a test."""

from __future__ import annotations

import ast
import os
import threading
from typing import TYPE_CHECKING, NamedTuple

from pytest_sensei.diagnosis import Actor, Diagnosis, Kind, Place
from pytest_sensei.watch import ledger, procfs
from pytest_sensei.watch.places import is_user_file, place_of, user_frame
from pytest_sensei.watch.source import tree_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import CodeType

    from pytest_sensei.primitives.runtime import Strand

BUSY = 0.2  # seconds of processor time; who sleeps between two questions needs none to speak of
_QUESTIONS = frozenset(
    {
        "is_set",
        "is_alive",
        "empty",
        "full",
        "qsize",
        "locked",
        "done",
        "running",
        "cancelled",
        "ready",
        "poll",
    }
    | {"len", "bool", "all", "any"}
)
_PAUSES = frozenset({"sleep", "sched_yield"})


class _Asker(NamedTuple):
    """A thread that has used its time in a loop that does nothing but ask."""

    name: str
    seconds: float
    place: Place


def diagnose(
    error: BaseException, worked: float, is_ours: Callable[[Strand], bool], root: str | None
) -> list[Diagnosis]:
    """Name the threads that were in a busy wait when the time ran out.

    `error` is what ended the main thread, which had `worked` so many seconds of processor time in this test.
    Another thread counts when it was started by the test (`is_ours`), and with all the time that it has used;
    where the system does not tell that, it is not accused.
    """
    return [_diagnosis(asker) for asker in (*_main(error, worked, root), *_others(is_ours, root))]


def _diagnosis(asker: _Asker) -> Diagnosis:
    return Diagnosis(
        kind=Kind.SPINNING,
        summary=f"{asker.name} asks again and again, and has worked {asker.seconds:.1f} s at it",
        actors=(Actor("a1", "MainProcess", os.getpid(), asker.name, "running", asker.place),),
        culprits=(asker.place,),
    )


def _main(error: BaseException, worked: float, root: str | None) -> Iterator[_Asker]:
    at, trace = None, error.__traceback__
    while trace is not None:
        if is_user_file(trace.tb_frame.f_code.co_filename):
            at = trace.tb_frame.f_code, trace.tb_lineno
        trace = trace.tb_next
    if at is not None and worked >= BUSY and (line := busy_loop(*at)) is not None:
        yield _Asker(threading.main_thread().name, worked, place_of(at[0], line, root))


def _others(is_ours: Callable[[Strand], bool], root: str | None) -> Iterator[_Asker]:
    for party in ledger.read().parties.values():
        thread, frame = party.thread, user_frame(party.frame)
        if thread is None or thread is threading.main_thread() or party.strand is None or frame is None:
            continue
        worked = procfs.seconds_worked(os.getpid(), thread.native_id or 0)
        line = busy_loop(frame.f_code, frame.f_lineno or 0)
        if worked >= BUSY and line is not None and is_ours(party.strand):
            yield _Asker(thread.name, worked, place_of(frame.f_code, line, root))


# -- what a loop does


def busy_loop(code: CodeType, line: int) -> int | None:
    """Return the first line of the loop around a line, when all that it does is ask; else None.

    Questions are accesses, comparisons, and calls that are known to change nothing. A loop that assigns
    something, or calls anything else, may be at work.
    """
    tree = tree_of(code.co_filename)
    loops = [
        node
        for node in (ast.walk(tree) if tree is not None else ())
        if isinstance(node, ast.While) and node.lineno <= line <= (node.end_lineno or line)
    ]
    innermost = max(loops, key=lambda node: node.lineno, default=None)
    if innermost is None or not (_asks(innermost.test) and all(map(_is_idle, innermost.body))):
        return None
    return innermost.lineno


def _is_idle(statement: ast.stmt) -> bool:
    if isinstance(statement, ast.If):
        return _asks(statement.test) and all(map(_is_idle, (*statement.body, *statement.orelse)))
    if isinstance(statement, ast.Expr):
        value = statement.value
        return isinstance(value, ast.Constant) or (
            isinstance(value, ast.Call) and _name_of(value.func) in _PAUSES
        )
    return isinstance(statement, (ast.Pass, ast.Continue, ast.Break, ast.Return))


def _asks(expression: ast.expr) -> bool:
    return all(_is_question(node) for node in ast.walk(expression))


def _is_question(node: ast.AST) -> bool:
    if isinstance(node, ast.Call):
        return _name_of(node.func) in _QUESTIONS
    return not isinstance(node, (ast.NamedExpr, ast.Await, ast.Yield, ast.YieldFrom))


def _name_of(function: ast.expr) -> str:
    return ast.unparse(function).rpartition(".")[2]
