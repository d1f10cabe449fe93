"""Ring trimmers: steps, power, area, and the rings that they do not reach."""

from __future__ import annotations

import math

import pytest

from devices.switches.ring_trimmer import RingTrimmer
from photonics.random import NoiseKey


def test_steps_and_price() -> None:
    part = RingTrimmer(range_m=8e-9, bits=10, power_w_per_m=5e6, area_m2=1e-10)
    assert part.lsb_m == pytest.approx(8e-9 / 1023)
    assert part.residual_rms_m == pytest.approx(8e-9 / 1023 / math.sqrt(12.0))
    # Half of 8 nm at 5 mW/nm is 20 mW for each ring.
    assert part.expected_power_w(100) == pytest.approx(2.0)
    assert part.total_area_m2(100) == pytest.approx(1e-8)


def test_rings_beyond_the_range_are_those_of_a_normal_spread() -> None:
    part = RingTrimmer(spread_rms_m=1e-9, range_m=3e-9)
    shift_m = 1e-9 * NoiseKey.from_seed(0).normal(0, 40_000)
    missed = int((shift_m.abs() > 1.5e-9).sum())
    expected = 40_000 * part.missed_fraction
    assert abs(missed - expected) < 4.0 * math.sqrt(expected)
    assert RingTrimmer().missed_fraction == pytest.approx(6.1e-6, rel=0.02)


def test_the_default_is_finer_than_what_trimming_leaves() -> None:
    assert RingTrimmer().residual_rms_m < 0.3e-12
