"""Converters between numbers and quantities: quantisation, noise, jitter, energy, drive error.

Errors are in steps (LSB) of a converter or in units of one level; phases are *unreduced*: a drive
error acts on the whole phase that it sets, also on the turns that a modular result forgets.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
from torch import Tensor

from photonics.random import NoiseKey
from photonics.units import BOLTZMANN_J_PER_K, ROOM_TEMPERATURE_K, power_to_db

# Error of the ideal quantiser, uniform over one step: variance in LSB².
QUANTISATION_VARIANCE_LSB2 = 1.0 / 12.0
# Noise beyond this many standard deviations, and below this fraction of a step, is left out.
_REACH = 7.0
_SILENT = 1e-9


class GainSteps(NamedTuple):
    """Gains that a stage can give.

    Attributes:
        min_db: the smallest.
        max_db: the largest is the last step up to here.
        step_db: from gain to gain; 0 for a continuous control.
    """

    min_db: float
    max_db: float
    step_db: float

    def largest_db(self, wanted_db: Tensor) -> Tensor:
        """Largest gains that are not above the wanted ones; beyond the range the nearest end."""
        highest = self._on_step(torch.tensor(self.max_db, dtype=torch.float64))
        return self._on_step(wanted_db).clamp(self.min_db, float(highest))

    def _on_step(self, gain_db: Tensor) -> Tensor:
        if self.step_db == 0.0:
            return gain_db
        # A wish on a step stays there although its quotient may fall short by a rounding error.
        steps = (gain_db - self.min_db) / self.step_db
        return self.min_db + (steps + 1e-9).floor() * self.step_db


def code_moments(
    mean: Tensor, rms: Tensor, half_range: int, transitions: Tensor | None = None
) -> tuple[Tensor, Tensor]:
    """Mean and variance of the middle of the code of an input with Gaussian noise.

    The code counts the transitions below the input, each passed with the probability
    Φ((mean - transition) / rms): only those within reach of the noise are uncertain.

    Args:
        mean: of the input as a fraction of the full scale, float64 (...).
        rms: of its noise, (...).
        half_range: codes on either side of zero.
        transitions: rising, broadcasting over (..., codes - 1); none for a linear converter.
    """
    top, lsb = half_range, 1.0 / half_range
    rms = rms.clamp_min(_SILENT * lsb)
    if transitions is None:
        first = ((mean - _REACH * rms) * top).floor().to(torch.int64) + top - 1
        last = ((mean + _REACH * rms) * top).floor().to(torch.int64) + top
    else:
        wide = torch.broadcast_to(transitions, (*mean.shape, transitions.shape[-1]))
        ends = torch.stack((mean - _REACH * rms, mean + _REACH * rms), dim=-1)
        first, last = torch.searchsorted(wide.contiguous(), ends).unbind(-1)
    first, last = first.clamp(0, 2 * top - 1), last.clamp(0, 2 * top - 1)
    passed, squared = torch.zeros_like(mean), torch.zeros_like(mean)
    for step in range(int((last - first).max())):
        index = (first + step).clamp_max(2 * top - 2)
        if transitions is None:
            edge = (index + 1 - top) * lsb
        else:
            edge = wide.gather(-1, index[..., None]).squeeze(-1)
        chance = torch.special.ndtr((mean - edge) / rms).masked_fill(first + step >= last, 0.0)
        passed += chance
        # A sum of nested events squared counts the n-th of them 2n + 1 times.
        squared += (2 * step + 1) * chance
    variance = (squared - passed.square()).clamp_min(0.0) * lsb**2
    return (first - top + passed + 0.5) * lsb, variance


def sine_snr_db(bits: float) -> float:
    """Signal over quantisation noise of a full-scale sine: 10 log₁₀(3/2 · 4^b) = 6.02 b + 1.76.

    Source: Bennett, "Spectra of quantized signals", Bell Syst. Tech. J. 27, 446 (1948).
    """
    return power_to_db(1.5 * 4.0**bits)


def effective_bits(snr_db: float) -> float:
    """Effective number of bits of a measured signal to noise and distortion ratio (IEEE 1241)."""
    return (snr_db / 10.0 * math.log(10.0) - math.log(1.5)) / math.log(4.0)


def excess_variance_lsb2(bits: int, enob: float) -> float:
    """Noise variance in LSB² *beyond* the ideal quantiser's 1/12 that leaves ``enob`` bits.

    ``(4^(b - ENOB) - 1) / 12``: exactly zero where ENOB = bits, so that a model that quantises
    does not count the quantiser a second time.
    """
    return math.expm1((bits - enob) * math.log(4.0)) * QUANTISATION_VARIANCE_LSB2


def enob_of_excess(bits: int, variance_lsb2: float) -> float:
    """Inverse of :func:`excess_variance_lsb2`."""
    return bits - math.log1p(variance_lsb2 / QUANTISATION_VARIANCE_LSB2) / math.log(4.0)


def jitter_snr_db(frequency_hz: float, jitter_s: float) -> float:
    """Signal to noise of a sine sampled by a jittering clock: -20 log₁₀(2π f σ_t)."""
    return -2.0 * power_to_db(2.0 * math.pi * frequency_hz * jitter_s)


def static_curves_lsb(key: NoiseKey, count: int, points: int, rms_lsb: float) -> Tensor:
    """Curves of many converters as :func:`static_curve_lsb` gives that of one, (count, points)."""
    curves = torch.zeros(count, points, dtype=torch.float64)
    if rms_lsb == 0.0 or points < 3:
        return curves
    steps = key.fold("nonlinearity").normal(0, count * (points - 1)).view(count, -1)
    curves[:, 1:] = steps.cumsum(-1)
    curves -= curves[:, -1:] * torch.linspace(0.0, 1.0, points, dtype=torch.float64)
    return curves * (rms_lsb / curves.square().mean(-1, keepdim=True).sqrt())


def static_curve_lsb(key: NoiseKey, points: int, rms_lsb: float) -> Tensor:
    """Integral nonlinearity of one converter: deviations of its points in LSB, fixed for its life.

    The steps of a converter made of equal elements err independently, so the deviations walk at
    random between the two end points, through which the straight line of reference is drawn (a
    Brownian bridge).  The curve is scaled to the stated rms.

    Args:
        key: stream of this one converter.
        points: number of transitions (of an ADC) or levels (of a DAC).
        rms_lsb: rms of the curve over its points.

    Returns:
        Deviations, float64 of shape (points,), zero at both ends.
    """
    return static_curves_lsb(key, 1, points, rms_lsb)[0]


def walden_energy_j(joule_per_step: float, enob: float) -> float:
    """Energy of one conversion from Walden's figure of merit: FOM · 2^ENOB.

    Source: Walden, "Analog-to-digital converter survey and analysis", IEEE J. Sel. Areas Commun.
    17, 539 (1999), 10.1109/49.761034.
    """
    return float(joule_per_step * 2.0**enob)


def capacitor_noise_variance_v2(
    capacitance_f: float, temperature_k: float = ROOM_TEMPERATURE_K
) -> float:
    """Variance in V² of a voltage sampled on a capacitor: k T / C, whatever the resistance."""
    return BOLTZMANN_J_PER_K * temperature_k / capacitance_f


def drive_phase_rms_rad(levels: int, error_rms_levels: float, factor_square_sum: float) -> float:
    """Phase error of a chain whose drives are each off by an independent random error.

    One drive error δw of section j acts on the unreduced phase ``(2π/n) x_j w_j``, so the chain
    errs by ``(2π/n) Σ x_j δw_j``: rms ``(2π/n) σ_w √(Σ x_j²)``.

    Args:
        levels: n, phase levels of a turn.
        error_rms_levels: σ_w, rms drive error in units of one level.
        factor_square_sum: Σ x_j², sum of the squared factors by which the sections multiply.
    """
    return 2.0 * math.pi / levels * error_rms_levels * math.sqrt(factor_square_sum)
