"""The fixture `limits_are_over`: whatever time limit the learner's code sets, it is over before the work is."""

from __future__ import annotations

import sys
from sys import _getframe
from typing import TYPE_CHECKING

import pytest

from pytest_sensei.dojo.katas import kata_of
from pytest_sensei.primitives import children, clock, runtime
from pytest_sensei.primitives.undisturbed import local_variables
from pytest_sensei.watch.places import is_user_file

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

MOMENT = 0.002  # seconds that a wait with a limit takes: a loop around it shall not keep a core busy
GENEROUS = 10.0  # seconds; a limit as long as this is a safety net, and no guess of how long the work takes
_KEY = "limits"


@pytest.fixture
def limits_are_over(request: pytest.FixtureRequest) -> Iterator[None]:
    """Let each time limit, and each `sleep`, that the answer itself sets be over after a moment, in its children too.

    Whoever waits in a loop until it is so does not notice; whoever takes the limit for the end of the work does.
    """
    kata = kata_of(request.path)
    if kata is None:
        pytest.fail("limits_are_over is for the tests of katas")
    file = sys.modules[kata.module].__file__
    assert file is not None
    cut_short(file)
    children.call_in_children(_KEY, lambda: (cut_short, (file,)))
    yield
    children.call_no_more(_KEY)
    runtime.limit_with(None)


def cut_short(file: str) -> None:
    """Have the limits that the code in `file` sets be over after a moment, in this process."""
    runtime.limit_with(lambda seconds: MOMENT if _is_cut(seconds, _getframe(2), file) else seconds)


def _is_cut(seconds: float, waiting: FrameType, file: str) -> bool:
    return MOMENT < seconds < GENEROUS and _is_set_in(file, waiting)


def _is_set_in(file: str, frame: FrameType) -> bool:
    """Tell whether the limit of a wait is an argument of what the code in `file` calls, and not made up inside."""
    while frame.f_back is not None and not is_user_file(frame.f_back.f_code.co_filename):
        frame = frame.f_back
    if frame.f_back is None or frame.f_back.f_code.co_filename != file:
        return False
    return frame.f_code is clock.sleep.__code__ or local_variables(frame).get("timeout") is not None
