"""Every stub fails, every right answer passes, every mistake fails for its own reason."""

from __future__ import annotations

from typing import TYPE_CHECKING

import kata_cases
import pytest

if TYPE_CHECKING:
    from pathlib import Path

    import warm

pytestmark = pytest.mark.kata_cases


@pytest.mark.parametrize("case", kata_cases.all_cases(), ids=str)
def test_attempt_ends_as_it_must(case: kata_cases.Case, tmp_path: Path, kitchen: warm.Kitchen) -> None:
    outcome = kata_cases.run(case, tmp_path, kitchen)

    wrong = kata_cases.complaints(case, outcome)

    assert not wrong, "\n".join([*wrong, "", outcome.output])
