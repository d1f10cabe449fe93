"""Receivers as designed: the noise of a quadrature from the parts."""

from __future__ import annotations

import math

import pytest
import torch

from circuits import Design, ModularDotProduct, ideal_design
from circuits.receiver.by_design import (
    amplitude_error,
    gain_control,
    receiver_by_design,
    require_light,
)
from mirage_core import load_machine
from photonics.errors import InputError
from photonics.random import NoiseKey
from tests.tolerance import assert_variance


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


def test_light_must_arrive_behind_the_lossiest_input() -> None:
    """Zeros pass by the shifters however much these lose; ones do not."""

    def lossy(db_per_m: float) -> Design:
        return ideal_design().changed({"multiplier.shifter.loss_db_per_m": db_per_m})

    one = gain_control(lossy(1.0), 31, 16)
    lost_db = -10.0 * math.log10(one.smallest_amplitude_a / one.largest_amplitude_a)
    # Amplitudes of 1e-30 A are the least: so many dB below that of the brightest input.
    most_db = 10.0 * math.log10(one.largest_amplitude_a / 1e-30)
    require_light(lossy(0.99 * most_db / lost_db), 31, 16)
    with pytest.raises(InputError, match="no light arrives behind 16 multipliers modulo 31"):
        require_light(lossy(1.01 * most_db / lost_db), 31, 16)


WEAKENED = ("receiver.stage.min_gain_db=-20", "receiver.stage.max_gain_db=-6")


@pytest.mark.parametrize(("reads", "stage"), [(1, ()), (16, ()), (16, WEAKENED)])
def test_readings_that_find_switches_err_by_all_noise(reads: int, stage: tuple[str, ...]) -> None:
    """Readings drawn one by one: light of the brightest symbol but for one digit that couples.

    A stage that only weakens leaves half of the converter's range.
    """
    design = load_machine("robust", ["laser.rin_db_per_hz=-120", *stage]).design
    gain = gain_control(design, 33, 16)
    receiver = receiver_by_design(design, 33, 16)
    least_db, coupled = gain.loss_db.amin(1), int(design.multiplier.polarity == "one-coupled")
    lost_db = 16 * float(least_db.sum()) + float((gain.loss_db[:, coupled] - least_db).max())
    amplitude_a = float(gain.amplitude_a(lost_db))
    light_w = float(sum(gain.arriving_w(lost_db)))
    full_a = gain.full_scale_ratio * gain.largest_amplitude_a * (10.0**0.3 if stage else 1.0)
    normal = NoiseKey.from_seed(0).normal(0, 3 * 40_000 * reads).view(3, 40_000, reads)
    rms_a = math.sqrt(receiver.noise.variance_a2(light_w))
    bright = 1.0 + receiver.laser.intensity_rms * normal[0]
    seen = (amplitude_a * bright + rms_a * normal[1]) / full_a
    seen = seen + receiver.converter.noise_rms * normal[2]
    lsb = receiver.converter.lsb
    # Wherever in a step the amplitude lies.
    place = lsb * NoiseKey.from_seed(1).uniform(0, 40_000)[:, None]
    read = ((seen + place) / lsb).round() * lsb - place
    error = (read.mean(1) - amplitude_a / full_a) * full_a / amplitude_a
    found = amplitude_error(design, 33, 16, reads)
    assert_variance(error, found**2)
    assert receiver.laser.intensity_rms > 0.05 * found
