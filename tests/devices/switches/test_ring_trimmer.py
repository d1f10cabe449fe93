"""Ring trimmers: steps, power, area, and the rings that they do not reach."""

from __future__ import annotations

import math

import pytest
import torch

from devices.library import load_entry
from devices.switches.ring_trimmer import RingTrimmer
from photonics.random import NoiseKey
from tests.tolerance import assert_variance


def test_steps_and_price() -> None:
    part = RingTrimmer(range_m=8e-9, bits=10, power_w_per_m=5e6, area_m2=1e-10)
    assert part.lsb_m == pytest.approx(8e-9 / 1023)
    # Half of 8 nm at 5 mW/nm is 20 mW for each ring, of which its neighbours give a fiftieth.
    assert part.expected_power_w(100) == pytest.approx(2.0 / 1.02)
    assert part.changed({"spread_rms_m": 0.0}).expected_power_w(100) == 0.0


@pytest.mark.parametrize(
    ("name", "turn_w"),
    [("harris-2014", 2.0 * 24.77e-3), ("dong-2010", 2.4e-3)],
)
def test_parts_of_the_library_take_a_turn_for_a_free_spectral_range(
    name: str, turn_w: float
) -> None:
    """A shift by 9.1 nm, the free spectral range of a ring of 10 µm, is one of 2π."""
    per_m = load_entry(name, RingTrimmer).part.power_w_per_m
    assert per_m * 9.1e-9 == pytest.approx(turn_w, rel=2e-3)


def test_rings_beyond_the_range_are_those_of_a_normal_spread() -> None:
    part = RingTrimmer(spread_rms_m=1e-9, range_m=3e-9)
    shift_m = 1e-9 * NoiseKey.from_seed(0).normal(0, 40_000)
    missed = int((shift_m.abs() > 1.5e-9).sum())
    expected = 40_000 * part.missed_fraction
    assert abs(missed - expected) < 4.0 * math.sqrt(expected)
    assert RingTrimmer().missed_fraction == pytest.approx(6.1e-6, rel=0.02)


def test_steps_are_what_is_left_where_a_range_reaches() -> None:
    part = RingTrimmer(bits=10)
    left_m = part.residual_m(NoiseKey.from_seed(1), (50, 200), 0.0)
    within = left_m.abs() <= part.lsb_m / 2.0 * (1.0 + 1e-9)
    # Neighbours take a hundredth of a range each, and end what a trimmer can do on one side.
    assert float(within.double().mean()) > 0.999
    assert_variance(left_m[within], part.lsb_m**2 / 12.0)


def test_a_neighbour_that_is_hotter_than_a_ring_needs_detunes_it() -> None:
    """Rings that need little are overheated from beside, and no trimmer cools."""
    part = RingTrimmer(neighbour_coupling=0.1, bits=16)
    key = NoiseKey.from_seed(2)
    left_m = part.residual_m(key, (400, 100), 0.0)
    wanted_m = part.range_m / 2.0 - part.spread_rms_m * key.fold("made").normal(0, 40_000)
    wanted_m = wanted_m.reshape(400, 100)
    hot = left_m > part.lsb_m
    # What beside them is about half a range is a tenth of it on either side.
    assert float(wanted_m[hot].max()) < 0.2 * part.range_m
    assert 0 < int(hot.sum()) < 0.01 * hot.numel()
    assert not bool((left_m < -part.lsb_m).any())
    # A chain with nothing to either side needs more of its own.
    ends = part.changed({"spread_rms_m": 1e-15}).residual_m(key, (1, 3), 0.0)
    assert float(ends.abs().max()) < part.lsb_m


def test_the_mean_power_is_that_of_rings_as_they_are_set() -> None:
    part, key, size = RingTrimmer(neighbour_coupling=0.05), NoiseKey.from_seed(4), (50, 400)
    left_m = part.residual_m(key, size, 0.0)
    made_m = part.spread_rms_m * key.fold("made").normal(0, math.prod(size)).reshape(size)
    # What a ring gets is its own shift and a share of those beside it.
    beside = torch.diag(torch.full((399,), 0.05, dtype=torch.float64), 1)
    gets = torch.eye(400, dtype=torch.float64) + beside + beside.T
    own_m = (0.5 * part.range_m - made_m + left_m) @ torch.linalg.inv(gets)
    mean_m = part.expected_power_w(1) / part.power_w_per_m
    # Both ends of a chain lack a neighbour.
    ends_m = 2.0 * 0.05 * mean_m / 400
    assert abs(float(own_m.mean()) - mean_m) < ends_m + 5.0 * part.spread_rms_m / math.sqrt(20_000)


def test_rings_out_of_reach_stay_where_they_can_be_brought() -> None:
    part = RingTrimmer(spread_rms_m=1e-9, range_m=3e-9, neighbour_coupling=0.0, bits=12)
    key = NoiseKey.from_seed(3)
    left_m = part.residual_m(key, (40_000,), 0.0)
    off_m = part.spread_rms_m * key.fold("made").normal(0, 40_000)
    beyond = off_m.abs() > 1.5e-9 + part.lsb_m
    expected_m = off_m.abs() - 1.5e-9
    torch.testing.assert_close(left_m[beyond].abs(), expected_m[beyond], rtol=0, atol=1e-18)


def test_rings_as_designed_are_left_alone() -> None:
    still = RingTrimmer(spread_rms_m=0.0)
    assert not bool(still.residual_m(NoiseKey.from_seed(0), (3, 4), 1e-9).any())
    assert still.missed_fraction == 0.0
