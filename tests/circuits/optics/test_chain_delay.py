"""Delay of a chain of digits, by what is streamed."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from circuits.design.circuit import Design
from circuits.optics.chain_delay import ChainDelay
from tests.circuits.designs import with_multiplier


def digits(delay: ChainDelay, values: list[list[int]]) -> Tensor:
    return delay.code.digits(torch.tensor(values))


def delay_unit_m(delay: ChainDelay) -> float:
    multiplier = delay.design.multiplier
    half_rad = 0.5 * 2 * math.pi / delay.modulus * (delay.modulus // 2)
    return multiplier.shifter.spanning(2.0 * half_rad).length_m


def test_delay_counts_the_coupled_rings_and_the_guides() -> None:
    delay = ChainDelay(with_multiplier(polarity="one-coupled"), 31, 2)
    ring, wavelength_m = delay.design.multiplier.switch, delay.design.laser.wavelength_m
    coupled = ring.group_delay_s(0.0, wavelength_m, coupled=True)
    detuned = ring.group_delay_s(ring.detuning_m, wavelength_m, coupled=False)
    guide = ring.group_index * (2 * 31 * delay_unit_m(delay) + 10 * 4 * ring.radius_m) / 299792458
    # 5 is two ones, 31 - 1 is four: six coupled digits of ten.
    found = float(delay.of(digits(delay, [[5, 30]]))[0])
    assert found == pytest.approx(guide + 12 * coupled + 8 * detuned, rel=1e-9, abs=0.0)
    zero = ChainDelay(with_multiplier(polarity="zero-coupled"), 31, 2)
    found = float(zero.of(digits(zero, [[5, 30]]))[0])
    assert found == pytest.approx(guide + 8 * coupled + 12 * detuned, rel=1e-9, abs=0.0)


def test_uniform_data_spread_the_delay_as_the_notes_say() -> None:
    # 16 residues of 31: 75 ones in 31 values, 5, 10, 10 and 5 values having 1, 2, 3 and 4.
    mean, rms = 16 * 75 / 31, 4 * math.sqrt(215 / 31 - (75 / 31) ** 2)
    assert (mean, rms) == pytest.approx((38.7, 4.17), rel=3e-3)
    delay = ChainDelay(Design(), 31, 16)
    coupled, detuned = delay.switch_s
    guides = 16 * float(delay.guide_s.sum())
    found = delay.uniform
    expected = guides + 2 * ((80 - mean) * coupled + mean * detuned)
    assert found.mean_s == pytest.approx(expected, rel=1e-9, abs=0.0)
    expected = 2 * rms * (coupled - detuned)
    assert found.rms_s == pytest.approx(expected, rel=1e-9, abs=0.0)
    # The statistics of all pairs of two multipliers are those of independent ones.
    two = ChainDelay(Design(), 31, 2)
    first, second = torch.meshgrid(torch.arange(31), torch.arange(31), indexing="ij")
    every = two.statistics(two.code.digits(torch.stack((first, second), -1)))
    for name in ("mean_s", "rms_s", "shortest_s", "longest_s"):
        assert getattr(every, name) == pytest.approx(getattr(two.uniform, name), rel=1e-9, abs=0.0)
    assert every.spread_s == every.longest_s - every.shortest_s
