"""Fields that differ from those that SAX solves are noticed."""

from __future__ import annotations

import pytest

from circuits.units.dot_product import ModularDotProduct
from studies.verification import sax_reference
from tests.studies.verification.findings import IDEAL, failed


def test_fields_that_differ_from_those_of_sax_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("sax")
    monkeypatch.setattr(sax_reference, "MACHINES", {"rings": sax_reference.MACHINES["rings"]})
    real = ModularDotProduct.fields
    monkeypatch.setattr(ModularDotProduct, "fields", lambda self, *a: (1 + 1e-9) * real(self, *a))
    assert failed(sax_reference.sax_reference(IDEAL, 0)) == ["SAX, rings, all products"]
