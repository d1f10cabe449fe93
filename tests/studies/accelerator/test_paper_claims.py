"""What the text claims, and what is said of what cannot be met."""

from __future__ import annotations

import pytest

from studies.accelerator.paper import PARTS


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
