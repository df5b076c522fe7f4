"""docs/coverage.md says what the table of estimators shows; what is refused, is."""

from __future__ import annotations

import pytest

from .coverage_table import COMMAND, PAGE, page
from .estimators.refused import Refused, refused


def test_the_page_is_fresh() -> None:
    text = PAGE.read_text()
    ours = page()
    versions = ours.split("with ", 1)[1].split(";")[0]
    if versions not in text:
        pytest.skip(f"the page was written with other versions than {versions}")
    assert text == ours, f"docs/coverage.md is stale: run `{COMMAND}`"


@pytest.mark.parametrize("case", list(refused()), ids=lambda case: case.name)
def test_refusals_are_refused(case: Refused) -> None:
    assert case.blockers()
