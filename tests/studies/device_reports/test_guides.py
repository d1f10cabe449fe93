"""Guides, bends and edge couplers, at points computed by hand."""

from __future__ import annotations

import pytest

from devices.light.laser import EdgeCoupler
from devices.passive.waveguide import Bend, Waveguide
from tests.studies.device_reports.reading import at, panel


def test_guides() -> None:
    guide = Waveguide(length_m=1e-3, loss_db_per_m=360.0)
    assert at(panel(guide, "Phase of warming"), "phase", 1.0) == pytest.approx(0.754, abs=5e-4)
    assert at(panel(guide, "Propagation loss"), "loss", 1.0) == pytest.approx(0.36)
    group = panel(guide, "Group index")
    assert at(group, "group index", 1550.0) == pytest.approx(4.2)
    # D = (1/c) dn_g/dλ.
    slope = (at(group, "group index", 1551.0) - at(group, "group index", 1549.0)) / 2e-9
    assert slope == pytest.approx(299792458 * 4.4e-4, rel=1e-4)
    bends = panel(Bend(loss_db=0.01), "Light left")
    assert at(bends, "power", 100) == pytest.approx(10**-0.1, rel=1e-5)
    chip = panel(EdgeCoupler(loss_db=3.0), "Light on the chip")
    assert at(chip, "behind the coupler", 2.0) == pytest.approx(2.0 * 10**-0.3)
