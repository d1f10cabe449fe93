"""Thermal crosstalk: its decay, and what compensation leaves of it."""

from __future__ import annotations

import math

import pytest

from devices.heat.thermal_crosstalk import ExponentialCoupling, HeaterCoupling, HeatSinkCoupling
from studies.device_reports.catalogue import device_report
from studies.device_reports.curves import Matrix
from tests.studies.device_reports.reading import at, panel


def test_thermal_crosstalk() -> None:
    law = ExponentialCoupling(nearest_coupling=0.01, nearest_distance_m=50e-6, decay_length_m=50e-6)
    decay = panel(law, "Decay")
    assert at(decay, "through the chip", 100.0) == pytest.approx(0.01 / math.e, rel=1e-3)
    both = panel(HeaterCoupling(law=law, global_coupling=0.002), "Decay")
    assert at(both, "with the whole die", 50.0) == pytest.approx(0.012, rel=1e-3)
    # 0.0062 at 50 µm and 0.00156 at 100 µm.
    sink = panel(HeatSinkCoupling(height_m=3e-6, width_m=2e-6), "Decay")
    assert at(sink, "through the chip", 100.0) == pytest.approx(0.00156, rel=6e-3)
    (matrix,) = [p for p in device_report(law).panels if isinstance(p, Matrix)]
    assert float(matrix.values[3, 3]) == 0.0
    assert float(matrix.values[3, 5]) == pytest.approx(math.log10(0.01 / math.e))


def test_what_was_measured_is_shown_as_it_is() -> None:
    (shown,) = device_report(HeaterCoupling(stencil=((0.1, 1.0, 0.0),))).panels
    assert isinstance(shown, Matrix)
    assert shown.values.tolist() == [[-1.0, 0.0, -9.0]]


def test_residual_of_compensation() -> None:
    apart = ExponentialCoupling(nearest_coupling=0.0)
    found = panel(apart, "Left by")
    # Without coupling one per cent of efficiency is one per cent of π; the rest vanishes.
    assert at(found, "efficiencies known to that", 1.0) == pytest.approx(10 * math.pi)
    assert list(found.curves) == ["efficiencies known to that"]
    assert list(found.marks) == []
