"""What pytest gets to see of a traceback: the frames that tell something, each with a line."""

from __future__ import annotations

from types import TracebackType
from typing import TYPE_CHECKING

from pytest_sensei.watch.places import is_user_file

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import CodeType


_NO_INSTRUCTION = -1  # has no columns that could be marked (Lib/traceback.py, `_get_code_position`)


def cut(error: BaseException) -> None:
    """Keep the frames of the learner and the test, in the whole chain; drop the standard library's and ours.

    The links of the traceback itself are changed: pytest cuts and filters a copy of its own.
    """
    for each in _chain(error):
        _cut(each.__traceback__)


def give_lines(error: BaseException) -> None:
    """Give a line to entries without one, in the whole chain: pytest breaks down at them.

    From CPython 3.11 on, what the handler of a signal raises (a time limit, Ctrl-C) may come at an instruction
    that belongs to no line (Python/traceback.c: `tb_lineno` is None then).
    """
    for each in _chain(error):
        previous, trace = None, each.__traceback__
        while trace is not None:
            if trace.tb_lineno is None:
                trace = _with_line(trace)
                if previous is None:
                    each.__traceback__ = trace
                else:
                    previous.tb_next = trace
            previous, trace = trace, trace.tb_next


def _with_line(trace: TracebackType) -> TracebackType:
    line = _line_before(trace.tb_frame.f_code, trace.tb_lasti)
    return TracebackType(trace.tb_next, trace.tb_frame, _NO_INSTRUCTION, line)


def _line_before(code: CodeType, instruction: int) -> int:
    """Return the last line that a function has come to before an instruction."""
    lines = [line for first, _, line in code.co_lines() if line is not None and first <= instruction]
    return lines[-1] if lines else code.co_firstlineno


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    seen = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or error.__context__


def _cut(trace: TracebackType | None) -> None:
    while trace is not None and not _is_told(trace):
        trace = trace.tb_next
    while trace is not None:
        following = trace.tb_next
        while following is not None and not _is_told(following):
            following = following.tb_next
        trace.tb_next = following
        trace = following


def _is_told(trace: TracebackType) -> bool:
    return is_user_file(trace.tb_frame.f_code.co_filename)
