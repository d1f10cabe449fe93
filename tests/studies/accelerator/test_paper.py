"""``mirage paper``: rows as published and as recomputed."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from studies.accelerator.paper import PARTS
from studies.counterparts import command as trained
from tests.commands import failure, invoke
from tests.figures import is_picture


def test_the_other_reading_fits_two_means() -> None:
    other = [r for r in PARTS["fig8"]() if "other reading" in r.item]
    assert len(other) == 3
    assert all(r.difference == pytest.approx(0.0, abs=0.03) for r in other)
    assert {r.verdict for r in other} == {"fitted"}


@pytest.mark.slow  # 13 s
def test_an_overview_and_files(tmp_path: Path) -> None:
    shown = invoke("paper", "--out", str(tmp_path / "out"), "--json", str(tmp_path / "p.json"))
    assert "rows are unexplained" in shown
    found = json.loads((tmp_path / "p.json").read_text())
    assert set(found) == {*PARTS, *trained.PARTS}
    with (tmp_path / "out" / "paper.csv").open() as file:
        assert len(list(csv.DictReader(file))) == sum(len(found[name]) for name in PARTS)
    # Claims are words.
    for name in found.keys() - {"claims"}:
        assert is_picture(tmp_path / "out" / f"{name}.png")


def test_one_part_is_shown_with_its_reasons(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = invoke("paper", "table2")
    for part in ("published", "recomputed", "+58.57 %", "unexplained", "7.40 W all the time"):
        assert part in shown
    message = failure(capsys, monkeypatch, "paper", "fig99")
    assert "what = 'fig99': must be one of table2" in message
    message = failure(capsys, monkeypatch, "paper", "table2", "--workers", "2")
    assert "--workers = 2: changes nothing where none train; add --rerun" in message
