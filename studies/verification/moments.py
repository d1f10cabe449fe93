"""Mean and variance of I and Q, worked out from constants of nature and the parameters."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

from scipy.integrate import quad

from mirage_core.machine.config import MachineConfig
from studies.verification.machines import (
    ONE_POLE_HZ,
    amplitude_a,
    light_band_hz,
    series_band_hz,
    white_variance_a2,
)

# Between rails that a linewidth is to be seen through: far more than in any design.
_DELAY_S = 50e-12
# A slow diode, whose pole counts.
_DIODE_HZ = 15e9


@dataclass(frozen=True)
class Source:
    """A source of noise, made to dominate.

    Attributes:
        name: for people.
        changes: parameters of the ideal machine that turn it on.
        mismatch: relative difference of the two diodes of each pair, through which the common
            power of both rails leaks into I and Q.
        white: whether I and Q are independent.
        bent: whether only I, across the phasor, is normal: Q then goes with the square of it.
    """

    name: str
    changes: dict[str, Any] = field(default_factory=dict)
    mismatch: float = 0.0
    white: bool = True
    bent: bool = False


def line_variance_rad2(linewidth_hz: float, delay_s: float, band_hz: float) -> float:
    """∫₀ᴮ 4 sin²(π f τ) Δν / (π f²) df, summed up numerically."""

    def density(hertz: float) -> float:
        return 4.0 * math.sin(math.pi * hertz * delay_s) ** 2 / (math.pi * hertz**2)

    return linewidth_hz * float(quad(density, 0.0, band_hz, epsabs=0.0, limit=400)[0])


def line_changes(phase_rms_rad: float) -> dict[str, Any]:
    """Parameters of a laser line that turns the phase between the rails by a given rms."""
    per_hz = line_variance_rad2(1.0, _DELAY_S, series_band_hz(_DIODE_HZ, ONE_POLE_HZ))
    return {
        "receiver.rail_mismatch_s": _DELAY_S,
        "laser.linewidth_hz": phase_rms_rad**2 / per_hz,
        "receiver.photodiode.bandwidth_hz": _DIODE_HZ,
        "receiver.tia.bandwidth_hz": ONE_POLE_HZ,
    }


@dataclass(frozen=True)
class Moments:
    """Expected mean and variance of I and Q in A and A².

    Attributes:
        mean: of I and Q.
        variance: of I and Q.
        common: the part of the variance that the laser makes, the same in all rows of a symbol.
    """

    mean: tuple[float, float]
    variance: tuple[float, float]
    common: tuple[float, float]


def expected(machine: MachineConfig, source: Source, angle_rad: float) -> Moments:
    """Moments of a phasor at an angle.

    Unequal diodes add ε R (P+ + P-)/2 = ε A to I and Q; relative intensity noise multiplies I and
    Q alike; a phase that varies by s² turns cos φ into cos φ e^(-s²/2) and so on.
    """
    amplitude, band = amplitude_a(machine), light_band_hz(machine)
    intensity = 10.0 ** (machine.design.laser.rin_db_per_hz / 10.0) * band
    delay_s = machine.design.receiver.rail_mismatch_s
    turn = line_variance_rad2(machine.design.laser.linewidth_hz, delay_s, band) if delay_s else 0.0
    means, variances, shared = [], [], []
    for cosine, double in (
        (math.cos(angle_rad), math.cos(2.0 * angle_rad)),
        (math.sin(angle_rad), -math.cos(2.0 * angle_rad)),
    ):
        mean = amplitude * (cosine * math.exp(-turn / 2.0) + source.mismatch)
        spread = 0.5 * (1.0 + double * math.exp(-2.0 * turn)) - cosine**2 * math.exp(-turn)
        # A pair of unlike diodes carries ε A cos φ more than the A that its share of light gives.
        white = white_variance_a2(machine) * (1.0 + source.mismatch * cosine)
        means.append(mean)
        shared.append(intensity * mean**2 + amplitude**2 * spread)
        variances.append(white + shared[-1])
    pairs = ((x[0], x[1]) for x in (means, variances, shared))
    return Moments(*pairs)
