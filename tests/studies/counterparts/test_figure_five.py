"""Fig. 5(a) beside a small study that nobody ran."""

from __future__ import annotations

from pathlib import Path

import pytest

from photonics.errors import InputError
from studies.counterparts.counterpart import Span
from studies.counterparts.figure_five import published, rows
from studies.questions.precision import FORMATS
from tests.close import close
from tests.studies.counterparts.made_up import precision


def test_what_the_paper_draws() -> None:
    """ "bm = 3 is insufficient, 4 is enough to groups of 16, 5 to groups of 64"."""
    drawn = {key: published(*key) for key in FORMATS.values()}
    within = {key for key, span in drawn.items() if span and span.reading == "within"}
    assert within == {(4, 8), (4, 16), (5, 8), (5, 16), (5, 32)}
    assert {key for key, span in drawn.items() if span is None} == {(2, 8), (2, 16), (2, 32)}
    three = published(3, 16)
    assert three is not None
    assert three.low == three.high == close(58.76 - 68.6)


def test_only_mantissas_that_are_cut_off_stand_beside_it(tmp_path: Path) -> None:
    precision(
        tmp_path,
        {
            ("MLP", "truncate", "3 bits, g = 16"): (0.05, 0.06, 0.07),
            ("MLP", "truncate", "4 bits, g = 16"): (0.004, 0.004),
            ("MLP", "truncate", "4 bits, g = 32"): (0.0, 0.05),
            ("MLP", "truncate", "2 bits, g = 16"): (0.4, 0.5),
            ("MLP", "truncate", "3, then 4 bits"): (0.4, 0.5),
            ("CNN", "nearest", "4 bits, g = 16"): (0.4, 0.5),
        },
    )
    found, missing = rows(tmp_path)
    assert missing == []
    assert [(r.network, r.item, r.verdict) for r in found] == [
        ("MLP", "3 bits, g = 16", "in line"),
        ("MLP", "4 bits, g = 16", "in line"),
        ("MLP", "4 bits, g = 32", "undecided"),
        ("MLP", "2 bits, g = 16", "not in the paper"),
    ]
    # Student's t of two degrees of freedom, 4.3027, times a standard deviation of a point over √3.
    assert found[0].value == close(-6.0)
    half = 4.302653 / 3**0.5
    assert found[0].found.low == pytest.approx(-6.0 - half, abs=1e-5)
    assert found[0].found.high == pytest.approx(-6.0 + half, abs=1e-5)
    assert found[1].found == Span(-0.4, -0.4)
    assert [r.seeds for r in found] == [3, 2, 2, 2]


def test_what_is_missing_or_damaged_is_said(tmp_path: Path) -> None:
    expected = ["the full form of study precision is not among the results"]
    assert rows(tmp_path) == ([], expected)
    # The quick form rounds to the nearest.
    precision(tmp_path, {("MLP", "nearest", "4 bits, g = 16"): (0.1,)})
    assert rows(tmp_path) == ([], expected)
    precision(tmp_path, {("MLP", "truncate", "4 bits, g = 16"): ("inf",)})
    with pytest.raises(InputError, match=r"precision/table\.csv.*not finite.*--rerun"):
        rows(tmp_path)
    (tmp_path / "precision" / "table.csv").write_text("a,b\n1,2\n")
    with pytest.raises(InputError, match="KeyError"):
        rows(tmp_path)
