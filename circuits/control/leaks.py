r"""What light that takes the other path of a digit does to the phase, as far as a design says.

A share ξ of a rail's field leaks, and meets the rest at an angle θ ± h: h is the phase that the
drive gives the shifter, θ a static one that nobody knows beforehand.  That turns the rail by
ξ sin(θ ± h).  Whatever θ is on either rail, the phase between them moves by

``C cos h + S sin h``

for each value of the bit.  So a controller that knows the drives can tell a leak from the static
phase of a digit: both are unknowns of one fit.  What a leak adds on the mean over all drives *is*
a static phase, and the trimmers take it out; the rest no trimmer can.

Legend of shapes: N pattern, V drive level, J multiplier, D digit, B value of the bit, H (cosine,
sine).
"""

from __future__ import annotations

import cmath
import math
from functools import lru_cache

import torch
from torch import Tensor

from circuits.coding.phase_code import drive_level
from circuits.optics.digit import DigitOptics, section_m, set_points
from devices.switches.switch import Switch

# Leaks of less than this, rms, are not worth an unknown.
_LEAST_RAD = 1e-4
# Switches whose means are kept: every modulus has the same.
_KEPT = 16


def leak_variance_rad2(optics: DigitOptics, *, apart: bool = False) -> Tensor:
    """Variance that the leak of a digit adds to the phase between the rails, (D, B).

    Where both rails have the same θ that is 2 ξ cos θ sin h; the leak moves their amplitudes
    together by 2 ξ cos θ cos h, and apart by 2 ξ sin θ sin h.  Leaks whose sign hangs on how each
    switch was fabricated are as often opposite on the rails as not.

    Args:
        optics: of the digits.
        apart: the last of these instead, in Np².
    """
    multiplier = optics.design
    paths_m = section_m(multiplier, optics.modulus)
    path_rad = [multiplier.static_phase_rms_rad(length_m) for length_m in paths_m]
    angle_rad2 = torch.tensor(path_rad, dtype=torch.float64).square()
    angle_rad2 += multiplier.bypass_phase_rms_rad**2
    known, columns = (-2.0 * angle_rad2).exp(), []
    for bit in (0, 1):
        switch, couples = multiplier.switch, optics.couples(bit)
        straight, coupled = _powers(switch, optics.wavelength_m, couples)
        strength = torch.full_like(known, 0.5)
        if all(multiplier.rail_shares):
            # Through both switches of a digit; a 1 leaks by the bypass, a 0 past it.
            mean = _mean_leak(switch, optics.wavelength_m, couples) ** 2
            power = (straight / coupled if couples else coupled / straight) ** 2
            sure = min(abs(mean) ** 2 / power, 1.0) if power else 0.0
            angle_rad = cmath.phase(mean) + (1 if bit else -1) * multiplier.bypass_phase_rad
            aligned = sure * math.cos(2.0 * angle_rad) * known
            strength = 1.0 + (-aligned if apart else aligned)
        shifter, bypass = optics.shifter_amplitude, optics.bypass_amplitude
        on_shifter, on_bypass = (
            (straight * shifter, coupled * bypass)
            if optics.zero_coupled
            else (coupled * shifter, straight * bypass)
        )
        leak = on_bypass / on_shifter if bit else on_shifter / on_bypass
        columns.append(strength * leak.square())
    return torch.stack(columns, dim=1)


@lru_cache(maxsize=_KEPT)
def _powers(switch: Switch, wavelength_m: float, coupled: bool) -> tuple[float, float]:
    return switch.powers(wavelength_m, coupled=coupled)


@lru_cache(maxsize=_KEPT)
def _mean_leak(switch: Switch, wavelength_m: float, coupled: bool) -> complex:
    return switch.mean_leak(wavelength_m, coupled=coupled)


def leaking_bits(optics: DigitOptics) -> list[int]:
    """Values of a bit whose leaks are worth an unknown."""
    largest = leak_variance_rad2(optics).amax(0)
    return [bit for bit in (0, 1) if float(largest[bit]) > _LEAST_RAD**2]


def leak_regressors(optics: DigitOptics, leaking: list[int], bits: Tensor, level: Tensor) -> Tensor:
    """Change of the phase per unit of C and S: (N, B, H, J, D) flattened, B the leaking bits.

    Args:
        optics: of the digits.
        leaking: as :func:`leaking_bits` says.
        bits: digits, (N, J, D).
        level: signed drives, (N, J).
    """
    if not leaking:
        return torch.zeros(len(bits), 0, dtype=torch.float64)
    waves = _waves(optics, level)
    states = [bits.to(torch.float64) if bit else 1.0 - bits for bit in leaking]
    return torch.stack([state[:, None] * waves for state in states], dim=1).flatten(1)


def leak_means(optics: DigitOptics) -> Tensor:
    """Mean of cos h and sin h over all drives, (H, D)."""
    levels = drive_level(torch.arange(optics.modulus), optics.modulus)
    return _waves(optics, levels[:, None]).mean((0, 2))


def _waves(optics: DigitOptics, level: Tensor) -> Tensor:
    """Cosine and sine of the phase of the shifter on rail +, of drives (N, J): (N, H, J, D)."""
    set_point = set_points(optics.design, optics.code, level)
    drive_rad = optics.drive_rad(optics.swing(set_point))[..., 0]
    return torch.stack((drive_rad.cos(), drive_rad.sin()), dim=1)
