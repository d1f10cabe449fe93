"""Receivers as designed: the noise of a quadrature from the parts."""

from __future__ import annotations

import math

import torch

from circuits import Design, ModularDotProduct
from photonics.random import NoiseKey


def test_noise_of_a_quadrature_is_that_of_its_sources() -> None:
    from tests.tolerance import assert_uncorrelated, assert_variance

    design = Design(
        laser=Design().laser.model_copy(update={"rin_db_per_hz": -400.0, "linewidth_hz": 0.0})
    )
    mdpu = ModularDotProduct(31, 1, design)
    n = 200_000
    x = torch.zeros(n, 1, dtype=torch.int64)
    current = mdpu.currents(x, x, key=NoiseKey.from_seed(3))
    power = float(mdpu.powers(x[0], x[0]).sum())
    q, bandwidth = 1.602176634e-19, 10e9
    dark = design.receiver.photodiode.dark_current_a
    # Light passes the diodes' pole at 30 GHz and then the amplifier's at 2/π of 10 GHz.
    light = math.pi / 2 / (1 / 30e9 + 1 / (bandwidth * 2 / math.pi))
    variance = 2 * q * (1.1 * power / 2 + 2 * dark) * light + (15e-12) ** 2 * bandwidth
    for quadrature in current.T:
        assert_variance(quadrature, variance)
    assert_uncorrelated(*current.T)
