"""Ring switches: spectra, phase and delay."""

from __future__ import annotations

import math

import pytest

from devices.switches.ring import RingSwitch
from tests.studies.device_reports.reading import at, number, panel

# 1 - k² = r²; r² a = ρ: drop (k²)² a / (1 - ρ)², through r² (1 - a)² / (1 - ρ)².
RING = RingSwitch(coupling_power=0.1, loss_db_per_m=300.0, detuning_m=1e-9)


AMPLITUDE = 10 ** (-300.0 * 2 * math.pi * 10e-6 / 20)


def test_ring_spectra() -> None:
    kept = 0.9 * AMPLITUDE
    drop_db = 10 * math.log10(0.01 * AMPLITUDE / (1 - kept) ** 2)
    through_db = 10 * math.log10(0.9 * (1 - AMPLITUDE) ** 2 / (1 - kept) ** 2)
    coupled, detuned = panel(RING, "Coupled"), panel(RING, "Detuned")
    assert at(coupled, "drop", 0.0) == pytest.approx(drop_db)
    assert at(coupled, "through", 0.0) == pytest.approx(through_db)
    # The bias moves the resonance to longer wavelengths: 1 nm above the working light.
    assert float(detuned.x[detuned.curves["drop"].argmax()]) == pytest.approx(1.0, abs=0.01)
    # 0.108 dB and -16.3 dB of leak at 1 nm; symmetric about the resonance.
    assert at(detuned, "through", 0.0) == pytest.approx(-0.108, abs=5e-4)
    assert at(detuned, "drop", 0.0) == pytest.approx(-16.3, abs=0.05)
    assert at(coupled, "drop", -1.0) == pytest.approx(at(detuned, "drop", 0.0), rel=1e-3)


def test_ring_phase_and_delay() -> None:
    # The same table: -145.3 mrad at 1 nm, field lifetime 8.18 ps, FSR 9.104 nm.
    assert at(panel(RING, "Phase"), "through", 1.0) == pytest.approx(-0.1453, rel=2e-3)
    assert at(panel(RING, "Group delay"), "drop", 0.0) == pytest.approx(8.18, rel=5e-3)
    assert number(RING, "fsr_m") == pytest.approx(9.104e-9, rel=1e-3)
    bias_v = number(RING, "detuned_bias_v")
    assert at(panel(RING, "Switching"), "drop", bias_v) == pytest.approx(-16.3, abs=0.05)
