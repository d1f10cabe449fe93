"""``mirage paper``: rows as published and as recomputed."""

from __future__ import annotations

import csv
import json
from collections import Counter
from pathlib import Path

import pytest

from studies.accelerator.paper import PARTS
from studies.accelerator.paper_rows import Row
from tests.commands import failure, invoke
from tests.figures import is_picture


def test_a_row_says_what_it_comes_to() -> None:
    row = Row("Fig.", "x", "W", 2.0, 2.08)
    assert row.difference == pytest.approx(0.04)
    assert row.verdict == "agrees"
    far = Row("Fig.", "x", "W", 2.0, 3.0)
    assert far.verdict == "unexplained"
    assert Row("Fig.", "x", "W", 2.0, 3.0, "because", derived=True).verdict == "explained"
    assert Row("Fig.", "x", "W", 2.0, 2.0, printed=True).verdict == "printed"
    assert Row("Fig.", "x", "W", 2.0, None).verdict == "not recomputed"
    # Of percentages the difference is one of points.
    assert Row("Fig.", "x", "%", 50.0, 52.0).difference == pytest.approx(0.02)


@pytest.mark.parametrize(("part", "most"), [("fig6", 0.0021), ("fig7", 0.002), ("table3", 0.01)])
def test_latency_is_met_within_a_percent(part: str, most: float) -> None:
    agreeing = [r for r in PARTS[part]() if r.verdict == "agrees"]
    assert agreeing
    assert max(abs(r.difference or 0.0) for r in agreeing) < most


def test_three_counts_of_each_rate_stand_beside_each_other() -> None:
    found = {r.item: r for r in PARTS["table3"]()}
    rates = {
        "ResNet50, one-sided padding": 10_473,
        "ResNet50, correct padding": 9_918,
        "ResNet50, correct padding, strides as first published": 10_506,
        "AlexNet, one-sided padding": 64_929,
        "AlexNet, correct padding": 56_920,
    }
    for item, rate in rates.items():
        assert found[item].recomputed == pytest.approx(rate, rel=1e-4)


def test_equal_energy_and_area_follow_from_table_two_but_where_it_is_told() -> None:
    rows = [r for r in PARTS["fig8"]() if "runtime" in r.item]
    verdicts = Counter(r.verdict for r in rows)
    assert set(verdicts) == {"agrees", "explained"}
    for row in rows:
        if row.verdict == "explained":
            assert "HFP8" in row.item or "equal area, bfloat16" in row.item
    means = {r.item: r for r in rows if "mean" in r.item}
    for name, off in (("INT12", 0.005), ("FMAC", 0.005), ("FP32", 0.005)):
        row = means[f"equal energy, {name}: mean runtime over Mirage"]
        assert row.difference == pytest.approx(0.0, abs=off)


def test_the_other_reading_fits_two_means() -> None:
    other = [r for r in PARTS["fig8"]() if "other reading" in r.item]
    assert len(other) == 3
    assert all(r.difference == pytest.approx(0.0, abs=0.03) for r in other)


def test_what_is_not_explained_says_what_was_tried() -> None:
    for rows in (PARTS[name]() for name in ("table2", "fig1b", "fig5b", "fig9", "claims")):
        for row in rows:
            if row.verdict in ("unexplained", "explained", "not recomputed"):
                assert len(row.reason) > 20, row.item
    fig9 = {r.item: r for r in PARTS["fig9"]()}
    for name in ("SRAM, power", "laser, power", "photonics, area"):
        assert fig9[name].verdict == "printed"
    assert fig9["amplifiers, power"].verdict == "unexplained"
    assert fig9["ADC, area"].difference == pytest.approx(0.0, abs=0.02)
    claims = {r.item: r for r in PARTS["claims"]()}
    assert claims["peak throughput"].difference == pytest.approx(0.0, abs=0.02)
    for choice, percent in (("OPT1", 11.7), ("OPT2", 12.5)):
        assert claims[f"{choice} saves systolic arrays"].recomputed == pytest.approx(
            percent, abs=0.05
        )


def test_an_overview_and_files(tmp_path: Path) -> None:
    shown = invoke("paper", "--out", str(tmp_path / "out"), "--json", str(tmp_path / "p.json"))
    assert "rows are unexplained" in shown
    found = json.loads((tmp_path / "p.json").read_text())
    assert set(found) == set(PARTS)
    with (tmp_path / "out" / "paper.csv").open() as file:
        assert len(list(csv.DictReader(file))) == sum(map(len, found.values()))
    for name in PARTS:
        assert is_picture(tmp_path / "out" / f"{name}.png")


def test_one_part_is_shown_with_its_reasons(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = invoke("paper", "table2")
    for part in ("published", "recomputed", "+58.57 %", "explained"):
        assert part in shown
    message = failure(capsys, monkeypatch, "paper", "fig99")
    assert "what = 'fig99': must be one of table2" in message
