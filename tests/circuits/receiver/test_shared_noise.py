"""Noise that all rows of a symbol share."""

from __future__ import annotations

import math

import torch

from circuits import ArrayShape, ModularArray, fabricate
from circuits.units.array import ArrayNoise
from mirage_core import load_machine
from photonics.random import NoiseKey
from tests.tolerance import assert_variance

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
