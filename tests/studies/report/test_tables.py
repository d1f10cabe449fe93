"""Tables for the terminal: what they print can be typed again."""

from __future__ import annotations

import pytest

from studies.report.tables import console, print_table


def test_names_that_are_too_long_go_on_in_the_next_line(
    capsys: pytest.CaptureFixture[str],
) -> None:
    print_table("", ("a", "b"), [("x" * 200, "y" * 200)])
    out = capsys.readouterr().out
    assert (out.count("x"), out.count("y")) == (200, 200)


def test_texts_are_shown_as_they_are_and_nothing_in_them_is_done(
    capsys: pytest.CaptureFixture[str],
) -> None:
    wicked = "[/red] \x1b[2J\x07 :smile:\u202e"
    print_table(wicked, (wicked,), [(wicked,)])
    console().print(f"{wicked}\n{wicked}")
    out = capsys.readouterr().out
    assert out.count(r"[/red] \x1b[2J\x07 :smile:\u202e") == 5
    assert all(line.isprintable() for line in out.split("\n"))
