"""Tables for the terminal: what they print can be typed again."""

from __future__ import annotations

import pytest

from studies.report.tables import print_table


def test_names_that_are_too_long_go_on_in_the_next_line(
    capsys: pytest.CaptureFixture[str],
) -> None:
    print_table("", ("a", "b"), [("x" * 200, "y" * 200)])
    out = capsys.readouterr().out
    assert (out.count("x"), out.count("y")) == (200, 200)
