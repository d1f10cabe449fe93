r"""Rings that heat themselves: what they absorb follows the mean of the data, and detunes them.

A coupled ring absorbs some of the light that circulates in it and shifts by ``r P``, P being the
power at its input; a ring that is biased off resonance holds less light by the share that it drops
of what a coupled one does.  Heat follows in microseconds, so what counts is the mean over symbols.
Rings are trimmed and digits calibrated with the probes of the controller, half of whose bits are
one.  With other data along the chain, every ring stands elsewhere, by what its own light differs.

Those are stated data, never those of a product: splitting a batch changes nothing.

Legend of shapes: U unit, R row, J multiplier, D digit, S rail, E switch of a digit.
"""

from __future__ import annotations

import torch
from torch import Tensor

from circuits.chip.chip import Chip
from circuits.coding.digit_code import DigitCode
from circuits.design.calibration import HeatData
from circuits.optics.digit import DigitOptics, path_loss_db

# Of the streamed integers of sparse data, so many are uniform, and the others zero.
_SPARSE = 0.1
# Power at which shifts are in proportion to it.
_LITTLE_W = 1e-9


def self_heating_m(chip: Chip, modulus: int) -> Tensor:
    """Shift of every ring in m against that at its calibration, float64 (U, R, J, D, S, E).

    Zero for switches without a resonator, and for data as those of the calibration.
    """
    design, shape = chip.design, chip.shape
    multiplier, data = design.multiplier, design.drift.heat_data
    optics = DigitOptics.of(multiplier, modulus, design.laser.wavelength_m)
    cavity = multiplier.switch.cavity(optics.wavelength_m)
    if cavity is None or data == "calibration":
        size = (shape.units, shape.rows, shape.length, optics.code.count, 2, 2)
        return torch.zeros(size, dtype=torch.float64)
    per_w = design.power_limits.ring(_LITTLE_W, cavity, optics.wavelength_m).shift_m / _LITTLE_W
    now, then = (
        circulating(optics, shape.length, mean_bits(optics.code, each))
        for each in (data, "calibration")
    )
    rails_w = torch.tensor(design.rail_powers_w(modulus), dtype=torch.float64)
    rails_w = rails_w * torch.tensor([float(share != 0.0) for share in multiplier.rail_shares])
    entering_w = chip.arrays(modulus).input_field.abs().square() * rails_w
    by_rail = entering_w[:, :, None, None, :, None] * (now - then)[:, :, None]
    return per_w * by_rail


def mean_bits(code: DigitCode, data: HeatData) -> Tensor:
    """Mean of every digit over some data, float64 (D,)."""
    if data == "calibration":
        return torch.full((code.count,), 0.5, dtype=torch.float64)
    uniform = code.digits(torch.tensor(code.values)).double().mean(0)
    return uniform if data == "uniform" else _SPARSE * uniform


def circulating(optics: DigitOptics, length: int, ones: Tensor) -> Tensor:
    """Mean light in every ring over that of a coupled one at the start of its rail, (J, D, E).

    Digits are taken to be one independently, each as often as given.

    Args:
        optics: the digits of a multiplier.
        length: multipliers in a row.
        ones: mean of every digit, (D,).
    """
    design, light_m = optics.design, optics.wavelength_m
    on, off = (design.switch.state(light_m, coupled=coupled) for coupled in (True, False))
    cavity = design.switch.cavity(light_m)
    assert cavity is not None
    dropped, passed = float(on.coupled.abs()) ** 2, float(off.straight.abs()) ** 2
    biased = float(off.coupled.abs()) ** 2 / dropped
    couples = 1.0 - ones if optics.zero_coupled else ones
    shifter, bypass = optics.shifter_amplitude.square(), optics.bypass_amplitude**2
    straight, coupled = (shifter, bypass) if optics.zero_coupled else (bypass, shifter)
    first = couples + (1.0 - couples) * biased
    # The second ring is the mirror image: coupled light enters it by its drop coupler.
    mirrored = couples * dropped * coupled * cavity.drop_over_input
    second = mirrored + (1.0 - couples) * biased * passed * straight
    loss_db = torch.tensor(path_loss_db(design, optics.modulus, light_m), dtype=torch.float64)
    zero, one = torch.pow(10.0, -loss_db / 10.0).unbind(-1)
    left = ((1.0 - ones) * zero + ones * one).repeat(length).cumprod(0)
    entering = torch.cat((left.new_ones(1), left[:-1])).reshape(length, -1)
    return entering[..., None] * torch.stack((first, second), dim=-1)
