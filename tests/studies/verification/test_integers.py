"""Exact integers: whatever is not exact is noticed."""

from __future__ import annotations

import pytest
import torch

from circuits.receiver.converter import Converter
from mirage_core import TensorCore
from mirage_core.engines import CompactEngine
from mirage_core.machine.loading import load_machine
from studies.verification import integers
from tests.studies.verification.findings import IDEAL


def test_a_wrong_sign_of_q_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    # Screens believe that converters decide as they say: every readout is evaluated here.
    monkeypatch.setattr(TensorCore, "_native", None)
    monkeypatch.setattr(CompactEngine, "screens", [])
    real = Converter.decide
    monkeypatch.setattr(Converter, "decide", lambda self, i, q, *c: real(self, i, -q, *c))
    # A residue and its negative are equal for zero alone: 30 · 30 pairs of 31 are nonzero.
    assert integers.every_pair(IDEAL, 31, 1).failures == 900
    assert integers.adversarial_dots(IDEAL).failures > 0
    for fidelity in ("field", "compact"):
        assert integers.random_dots(IDEAL, fidelity, 100).failures > 0
        assert integers.core_products(IDEAL, fidelity, 4).failures > 0


@pytest.mark.slow  # 3 s
def test_exact_checks_fail_on_a_leaky_machine() -> None:
    leaky = load_machine("isca2024", ["array.units=1", "multiplier.switch.detuning_m=3e-10"])
    assert integers.every_pair(leaky, 33, 1).failures > 0
    assert integers.random_dots(leaky, "field", 100).failures > 0


def test_mantissas_of_the_ideal_sets_are_the_widest_that_fit() -> None:
    for moduli, bits in integers.IDEAL_SETS:
        half = (torch.tensor(moduli).prod().item() - 1) // 2
        assert 16 * (2**bits - 1) ** 2 <= half
    assert 16 * (2**4 - 1) ** 2 > (15 * 16 * 17 - 1) // 2
