"""What is said of chips that are lost, refused, or all usable."""

from __future__ import annotations

from studies.questions.chip_yield import STUDY, answer
from studies.runner.rows import DONE
from studies.runner.table import Table

NUMBERS = dict.fromkeys(STUDY.known, 1.0)


def test_shares_come_first_and_chips_that_are_refused_are_lost() -> None:
    cases = {"as designed": (DONE, 1.0), "rough": ("refused", 0.0)}
    rows = [
        {**NUMBERS, "chips": name, "status": status, "usable": share, "why": "", "replica": i}
        for name, (status, share) in cases.items()
        for i in range(10)
    ]
    words = answer(Table(rows, ["chips"], STUDY.known)).words
    # Clopper and Pearson: of ten successes the bound is 0.025^(1/10).
    assert words[0] == (
        "Usable, of 10 chips of 4 rows each: as designed 1 [0.692, 1], rough 0 [0, 0.308]."
    )
    assert words[1] == (
        "No chip is lost with as designed: from 10 chips a yield of 0.69 or more follows, at 95 %."
    )
