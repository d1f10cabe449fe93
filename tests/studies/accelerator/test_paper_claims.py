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
    table2 = {(r.item, r.unit): r.verdict for r in PARTS["table2"]()}
    for name in ("FP32", "HFP8"):
        assert table2[name, "pJ/MAC"] == "unexplained"
    claims = {r.item: r for r in PARTS["claims"]()}
    assert claims["peak throughput"].difference == pytest.approx(0.0, abs=0.02)
    for choice, percent in (("OPT1", 11.7), ("OPT2", 12.5)):
        assert claims[f"{choice} saves systolic arrays"].recomputed == pytest.approx(
            percent, abs=0.05
        )


def test_claims_that_are_circles_agree_with_nothing() -> None:
    claims = {r.item: r for r in PARTS["claims"]()}
    for item in (
        "42.8 times lower power at equal area, FP32 by Fig. 8's bars",
        "1.27 times lower energy-delay than INT12, runtimes as drawn",
        "DACs of 8 bits over those of 6",
    ):
        assert claims[item].verdict == "fitted"
    headline = claims["42.8 times lower power at equal area, FP32 by Table II"]
    assert headline.recomputed == pytest.approx(35.9, abs=0.05)
    assert headline.verdict == "unexplained"
    # Eq. 14 by hand: 16 multipliers, 5 digits of two rings.
    ring = next(r for item, r in claims.items() if "eq. 14" in item)
    assert ring.recomputed == pytest.approx(
        32 * (16 * 4.0**-8 + 16 * 5 * 2 * 0.003**2) ** 0.5, rel=1e-9
    )
    assert ring.verdict == "unexplained"
