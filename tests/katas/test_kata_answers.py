"""Every stub fails, every right answer passes, every mistake fails for its own reason."""

from __future__ import annotations

from typing import TYPE_CHECKING

import kata_cases
import pytest

if TYPE_CHECKING:
    from pathlib import Path

    import warm
    from pytest_sensei.dojo.verify import Case

pytestmark = pytest.mark.kata_cases


@pytest.mark.parametrize("case", kata_cases.all_cases(), ids=lambda case: case.id.replace("/", "-"))
def test_attempt_ends_as_it_must(case: Case, tmp_path: Path, kitchen: warm.Kitchen) -> None:
    judged, exit_code = kata_cases.run(case, tmp_path, kitchen)

    wrong = kata_cases.complaint(case, judged, exit_code)

    assert wrong is None, f"{wrong}\n\n{judged.output}"
