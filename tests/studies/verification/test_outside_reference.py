"""Optics that differ from an outside solver are noticed."""

from __future__ import annotations

import pytest

from circuits.units.dot_product import ModularDotProduct
from studies.verification import outside_reference
from tests.studies.verification.findings import IDEAL, failed


def test_optics_that_differ_from_photontorch_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("photontorch")
    monkeypatch.setattr(outside_reference, "CHIPS", ())
    real = outside_reference.ring_add_drop
    monkeypatch.setattr(outside_reference, "ring_add_drop", lambda *a: real(*a[:3], -a[3]))
    assert failed(outside_reference.outside_reference(IDEAL, 2)) == ["photontorch, ring"]


def test_rows_of_chips_that_differ_from_photontorch_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("photontorch")
    monkeypatch.setattr(outside_reference, "COMPARISONS", {})
    real = ModularDotProduct.powers
    monkeypatch.setattr(ModularDotProduct, "powers", lambda self, *a: (1 + 1e-8) * real(self, *a))
    wrong = ["photontorch, dot products"] + [
        f"photontorch, chip of {preset}" for preset in outside_reference.CHIPS
    ]
    assert failed(outside_reference.outside_reference(IDEAL, 1)) == wrong
