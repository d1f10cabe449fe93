"""Limits of power, in a guide and in a ring."""

from __future__ import annotations

import math

import pytest

from devices.light.power_limits import PowerLimits
from tests.studies.device_reports.reading import at, panel


def test_power_limits() -> None:
    # Without absorption of two photons and without heat the Kerr phase alone is left.
    pure = PowerLimits(two_photon_m_per_w=0.0, absorbed_fraction=0.0)
    found = panel(pure, "Guide of 1 cm: phase")
    assert list(found.curves) == ["Kerr"]
    neper = 360.0 * math.log(10) / 10
    reach_m = (1 - math.exp(-neper * 1e-2)) / neper
    expected = 2 * math.pi / 1550e-9 * 4.5e-18 * 10e-3 / 1e-13 * reach_m
    assert at(found, "Kerr", 10.0) == pytest.approx(expected, rel=1e-3)
    # Each curve meets its budget where its limit is marked.
    part = PowerLimits()
    for title, label in (
        ("Guide of 1 cm: loss", "excess loss"),
        ("Coupled ring: phase", "phase"),
        ("Coupled ring: shift", "full build-up"),
    ):
        found = panel(part, title)
        budget, limit = (mark.value for mark in found.marks)
        assert at(found, label, limit) == pytest.approx(budget, rel=0.01)
