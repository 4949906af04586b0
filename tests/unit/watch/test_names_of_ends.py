"""What the source calls the ends that were left open."""

from __future__ import annotations

import pytest
from pytest_sensei.watch.leaked_ends import names_of


@pytest.mark.parametrize(
    ("modes", "assigned", "names"),
    [
        (["r"], ["receiver", "sender"], ["receiver"]),
        (["w"], ["receiver", "sender"], ["sender"]),
        (["r", "w"], ["receiver", "sender"], ["receiver", "sender"]),
        (["rw", "rw"], ["mine", "yours"], ["mine", "yours"]),
        (["rw"], ["mine", "yours"], ["Connection"]),  # which of the two it is, nobody can tell
        (["r", "w"], ["ends"], ["Connection", "Connection"]),
        (["w"], [], ["Connection"]),
    ],
)
def test_ends_are_named_only_where_it_is_sure_which_they_are(
    modes: list[str], assigned: list[str], names: list[str]
) -> None:
    assert names_of("Connection", modes, assigned) == names
