"""Noise that all rows of a symbol share."""

from __future__ import annotations

import math

import pytest
import torch

from circuits import ArrayShape, ModularArray, fabricate
from circuits.design.circuit import Design
from circuits.receiver.by_design import laser_noise
from circuits.receiver.shared_noise import LaserNoise
from circuits.units.array import ArrayNoise
from mirage_core import load_machine
from photonics.random import NoiseKey
from tests.tolerance import assert_mean, assert_uncorrelated, assert_variance

KEY = NoiseKey.from_seed(5)


def test_rows_share_the_laser_and_nothing_else() -> None:
    changes = ["bfp.group_size=1", "laser.rin_db_per_hz=-130", "laser.power_w=1e-4"]
    band = ["receiver.tia.bandwidth_hz=1e9"]
    quiet = ["receiver.tia.noise_a_per_rthz=1e-12", "receiver.photodiode.dark_current_a=0"]
    settled = ["receiver.memory=settled", "receiver.rail_mismatch_s=0", "receiver.adc_extra_bits=8"]
    machine = load_machine("isca2024-ideal", [*changes, *band, *quiet, *settled])
    array = ModularArray.of(fabricate(machine.design, (31,), ArrayShape(1, 2, 1), seed=0), 31)
    x, w = torch.zeros(200_000, 1, dtype=torch.int64), torch.zeros(2, 1, dtype=torch.int64)
    receivers = array.receivers(2)
    noise = ArrayNoise(KEY, torch.arange(len(x)), KEY, 0)
    in_phase = array.ratios(x, w, noise)[..., 0].T
    # At phase 0 the intensity noise lies in I, of all rows alike.
    gain, bits = receivers.gain, receivers.gain.code.digits(x[:1])
    amplitude_a = float(gain.amplitude_a(gain.rail_loss_db(bits)))
    relative = in_phase * float(gain.full_scale_a(bits)) / amplitude_a
    light_hz = math.pi / 2 / (1 / 1e9 + 1 / 30e9)
    shared = 1e-13 * light_hz
    white_a2 = 2 * 1.602176634e-19 * amplitude_a * light_hz + 1e-24 * math.pi / 2 * 1e9
    assert_variance(relative[0] - relative[1], 2 * white_a2 / amplitude_a**2)
    assert_variance(relative[0] + relative[1], 4 * shared + 2 * white_a2 / amplitude_a**2)


def test_the_laser_fluctuates_by_what_it_says() -> None:
    power, phase_rad = LaserNoise(0.02, 0.03).draw(KEY, 0, 20_000, torch.float64)
    assert_mean(power, 1.0, 0.02)
    assert_variance(power, 0.02**2)
    assert_mean(phase_rad, 0.0, 0.03)
    assert_variance(phase_rad, 0.03**2)
    assert_uncorrelated(power, phase_rad)


def test_phase_noise_is_that_of_a_linewidth_and_a_delay() -> None:
    """Frequency noise Δν/π of a line, one-sided, turns rails τ apart by 2πτ times itself."""
    laser = Design().laser.model_copy(update={"linewidth_hz": 2e6})
    receiver = Design().receiver.model_copy(update={"rail_mismatch_s": 0.3e-12})
    noise = laser_noise(Design(laser=laser, receiver=receiver))
    bandwidth_hz = receiver.noise_bandwidth_hz
    variance_rad2 = (2.0 * math.pi * 0.3e-12) ** 2 * 2e6 / math.pi * bandwidth_hz
    # sin²(πfτ), of at most y = πBτ = 0.01, is y² but for a third of y² of it.
    assert noise.phase_rms_rad == pytest.approx(math.sqrt(variance_rad2), rel=1e-4)
