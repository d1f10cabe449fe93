"""The index of a die: its variance, how alike neighbours are, and what it does to paths."""

from __future__ import annotations

import math

import pytest
import torch

from circuits import ArrayShape, Design, fabricate
from circuits.chip.die import index_deviation
from circuits.design.heat_layout import HeatLayout
from circuits.design.multiplier import MultiplierDesign
from circuits.optics.digit import section_m
from photonics.random import NoiseKey
from tests.tolerance import assert_mean, assert_variance

PITCHES = HeatLayout(digit_pitch_m=60e-6, rail_pitch_m=90e-6, row_pitch_m=300e-6)
DIES = 3000


def index(design: MultiplierDesign, lattice: tuple[int, int, int, int], seed: int) -> torch.Tensor:
    return index_deviation(design, lattice, NoiseKey.from_seed(seed))


@pytest.mark.parametrize("correlation_m", [0.4e-3, 5e-3])
def test_neighbours_are_alike_by_their_distance(correlation_m: float) -> None:
    """Means over many dies of products of two places, in units of the variance."""
    design = MultiplierDesign(heat=PITCHES, index_rms=1e-3, index_correlation_m=correlation_m)
    dies = torch.stack([index(design, (2, 2, 2, 3), seed) for seed in range(DIES)]) / 1e-3
    assert dies.shape == (DIES, 2, 2, 2, 3, 2)
    here = dies[:, 0, 0, 0, 0, 0]
    assert_mean(here, 0.0, 1.0)
    assert_variance(here, 1.0)
    for other, away_m in (
        (dies[:, 0, 0, 0, 1, 0], 60e-6),
        (dies[:, 0, 0, 1, 0, 0], 180e-6),
        (dies[:, 0, 0, 0, 0, 1], 90e-6),
        (dies[:, 0, 1, 0, 0, 0], 300e-6),
        # Two rows of the first unit lie above the second.
        (dies[:, 1, 0, 0, 2, 1], math.hypot(600e-6 + 90e-6, 120e-6)),
    ):
        expected = math.exp(-0.5 * (away_m / correlation_m) ** 2)
        # A product of two normals has a variance of one and the square of their correlation.
        assert_mean(here * other, expected, math.sqrt(1.0 + expected**2))


def test_digits_lie_no_closer_than_their_switches_are_long() -> None:
    """Two couplers of 50 µm and 2.5 mm of lithium niobate in each of two switches: 5.2 mm."""
    rings = MultiplierDesign(heat=PITCHES)
    assert rings.laid_out is rings.heat
    assert rings.changed({"switch.kind": "mzi"}).laid_out.digit_pitch_m == pytest.approx(5.2e-3)
    far = MultiplierDesign(index_rms=1e-3, index_correlation_m=4e-3).changed({"switch.kind": "mzi"})
    dies = torch.stack([index(far, (1, 1, 1, 2), seed) for seed in range(DIES)]) / 1e-3
    expected = math.exp(-0.5 * (5.2 / 4.0) ** 2)
    product = dies[..., 0, 0] * dies[..., 1, 0]
    assert_mean(product, expected, math.sqrt(1.0 + expected**2))


def test_a_die_turns_paths_by_their_length_and_roughness_by_its_root() -> None:
    rough = MultiplierDesign(index_rms=0.0, coherence_length_m=2e-3)
    shape = ArrayShape(units=4, rows=16, length=8)
    made = fabricate(Design(multiplier=rough), (31,), shape, 0).fabricated[31].statics
    for path in (made.shifter_phase_rad, made.bypass_phase_rad):
        for digit, length_m in enumerate(section_m(rough, 31)):
            assert_variance(path[..., digit, :], 2.0 * length_m / 2e-3)
    smooth = rough.changed({"index_rms": 1e-3, "coherence_length_m": None})
    made = fabricate(Design(multiplier=smooth), (31,), shape, 0).fabricated[31].statics
    # Both paths of a digit lie in one place.
    assert torch.equal(made.shifter_phase_rad, made.bypass_phase_rad)
    key = NoiseKey.from_seed(0).fold("chip").fold(31).fold("die")
    per_index_rad = 2.0 * math.pi / 1550e-9 * torch.tensor(section_m(smooth, 31)).double()
    field = index_deviation(smooth, (4, 16, 8, 5), key)
    torch.testing.assert_close(made.shifter_phase_rad, per_index_rad[:, None] * field)
    # The rails of a row are a twentieth of the correlation length apart.
    apart = (field[..., 0] - field[..., 1]).square().mean().sqrt()
    assert 0.02e-3 < float(apart) < 0.1e-3


def test_a_die_without_variation_is_as_designed() -> None:
    plain = MultiplierDesign(index_rms=0.0)
    assert not bool(index(plain, (1, 2, 2, 5), 0).any())
    assert MultiplierDesign().static_phase_rms_rad(83e-6) == pytest.approx(0.2, rel=3e-3)
    assert MultiplierDesign(coherence_length_m=None).static_phase_rms_rad(1.0) == 0.0
