"""A set of moduli beside a number format, as its readers see it."""

from __future__ import annotations

import json

import pytest

from tests.commands import failure, invoke, typed


def test_moduli_beside_a_format() -> None:
    shown = invoke("show", "moduli")
    # ±16367 holds 16·15²; a slip of 32 moves the integer by 31·33, within twice that.
    for part in ("M = 32,736", "±16,367", "3,600 within it: yes", "log2 M >= 13: yes"):
        assert part in shown
    assert "blind spots: 32" in shown
    assert [("BLIND SPOT" in t) for t in shown.splitlines() if t.startswith("│ 3")] == [
        False,
        True,
        False,
    ]
    assert "{29, 32, 33}" in shown
    found = json.loads(typed("show", "moduli", "31", "32", "33", "--json", "-").stdout)
    assert found["slip_distances"] == {"31": 15840, "32": 1023, "33": 15872}
    assert (found["fits"], found["undetectable_slips"]) == (True, [32])
    assert found["cheapest_safe_sets"][0] == {"moduli": [29, 32, 33], "adc_digits": 16}
    assert "blind spots: none" in invoke("show", "moduli", "29", "32", "33")
    small = invoke("show", "moduli", "15", "16", "17", "--bits", "5", "--group", "64")
    # 64·31² = 61504 against (15·16·17 - 1)/2 = 2039.
    assert "NO, short by 59,465" in small
    assert "NO" in next(t for t in small.splitlines() if t.startswith("paper's condition"))
    assert "none up to 128" in invoke("show", "moduli", "--bits", "10", "--group", "1024")


def test_impossible_moduli_and_formats_are_named(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    message = failure(capsys, monkeypatch, "show", "moduli", "30", "32")
    assert "moduli = [30, 32]" in message
    assert "30 and 32 share 2" in message
    assert "--bits = 11" in failure(capsys, monkeypatch, "show", "moduli", "--bits", "11")
