"""Tails of the error rate notice wrong noise."""

from __future__ import annotations

import pytest

from devices.electronics.amplifier import TransimpedanceAmplifier
from studies.verification import tails
from tests.studies.verification.findings import IDEAL


@pytest.mark.parametrize("fidelity", ["compact", "field"])
def test_tails_notice_wrong_noise(fidelity: str, monkeypatch: pytest.MonkeyPatch) -> None:
    point = tails.tail(IDEAL, fidelity, 33, 1e-9, 1000).points[0]
    assert point["theory"] == pytest.approx(1e-9, rel=1e-6)
    real = TransimpedanceAmplifier.noise_variance_a2
    # One per cent of noise power is a fifth of the rate at 1e-9.
    monkeypatch.setattr(
        TransimpedanceAmplifier, "noise_variance_a2", lambda self, b: 1.01 * real(self, b)
    )
    assert tails.tail(IDEAL, fidelity, 33, 1e-9, 60_000).status == "failed"
