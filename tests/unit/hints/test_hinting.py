"""What counts as a failure's message: what was raised, not the code that pytest shows around it."""

from __future__ import annotations

import pytest
from pytest_sensei.hooks.hinting import message_in

LONG = """\
    def test_what_is_sent_arrives() -> None:
>       assert collect("one") == ["one"]

test_stream.py:33:
_ _ _ _ _ _ _ _ _ _ _ _

    def collect(item):
        try:
            receive(item)
        except EOFError:
            pass
>       raise error
E       OSError: handle is closed

stream.py:37: OSError"""

SHORT = """\
test_stream.py:33: in test_what_is_sent_arrives
    assert collect("one") == ["one"]  # EOFError ends it
E   assert [] == ['one']
E     Right contains one more item: 'one'"""

NATIVE = """\
Traceback (most recent call last):
  File "stream.py", line 37, in collect
    raise error
OSError: handle is closed"""


@pytest.mark.parametrize("report", [LONG, SHORT], ids=["long", "short"])
def test_code_that_is_shown_is_no_part_of_the_message(report: str) -> None:
    assert "EOFError" not in message_in(report)


def test_the_exception_its_text_and_its_type_are_the_message() -> None:
    assert message_in(LONG).splitlines() == ["E       OSError: handle is closed", "stream.py:37: OSError"]


def test_all_lines_of_a_comparison_belong_to_the_message() -> None:
    assert "one more item: 'one'" in message_in(SHORT)


def test_a_report_in_another_form_is_the_message_as_it_is() -> None:
    assert message_in(NATIVE) == NATIVE
