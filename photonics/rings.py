r"""Add-drop ring resonators: transfer, phase slopes, build-up and lifetime.

::

    in ──►──( r1 )──►── through        t = (r1 - r2 a e^{iθ}) / (1 - r1 r2 a e^{iθ})
             ring                      d = -k1 k2 √a e^{iθ/2} / (1 - r1 r2 a e^{iθ})
    drop ─◄─( r2 )──◄──

``r1`` and ``r2`` are the field self-couplings of the input and drop coupler (k² = 1 - r²), ``a``
the field transmission of a round trip without the couplers, and ``θ`` the round-trip phase, zero
on resonance.  A resonance that lies at a longer wavelength than the light has θ > 0.

Source: Bogaerts et al., "Silicon microring resonators", Laser Photonics Rev. 6, 47 (2012).
"""

from __future__ import annotations

import cmath
import math
from typing import NamedTuple, overload

from torch import Tensor

from photonics.checks import check_wavelength_m
from photonics.errors import InputError
from photonics.optics import phasor
from photonics.units import SPEED_OF_LIGHT_M_PER_S


class RingCavity(NamedTuple):
    """What the power limits of a ring depend on, all from one set of ring parameters.

    Attributes:
        build_up: circulating power over the power at the input port.
        retention: field left after a round trip, couplers included: ρ = r1 r2 a.
        circumference_m: length of a round trip.
        loss_db_per_m: propagation loss in the ring, without the couplers.
        group_index: group index of the ring's guide.
        linewidth_m: full width at half maximum of the resonance, in wavelength.
        drift_m_per_k: shift of the resonance per kelvin.
        drop_over_input: build-up of light from the side of the drop coupler over that of light from
            the input: k2² / k1².
    """

    build_up: float
    retention: float
    circumference_m: float
    loss_db_per_m: float
    group_index: float
    linewidth_m: float
    drift_m_per_k: float
    drop_over_input: float


@overload
def ring_add_drop(
    self_coupling_in: float,
    self_coupling_drop: float,
    round_trip_amplitude: float,
    round_trip_phase_rad: float,
) -> tuple[complex, complex]: ...


@overload
def ring_add_drop(
    self_coupling_in: float,
    self_coupling_drop: float,
    round_trip_amplitude: float,
    round_trip_phase_rad: Tensor,
) -> tuple[Tensor, Tensor]: ...


def ring_add_drop(
    self_coupling_in: float,
    self_coupling_drop: float,
    round_trip_amplitude: float,
    round_trip_phase_rad: float | Tensor,
) -> tuple[complex, complex] | tuple[Tensor, Tensor]:
    """Through and drop field transmission ``(t, d)`` of an add-drop ring.

    Args:
        self_coupling_in: r1, 0 to 1.
        self_coupling_drop: r2, 0 to 1.
        round_trip_amplitude: a, above 0, at most 1.
        round_trip_phase_rad: θ, a number or a tensor of any shape.

    Returns:
        Complex numbers, or complex128 tensors of the shape of θ.  Lossless (a = 1):
        ``|t|² + |d|² = 1``.

    Raises:
        InputError: for a coupling outside 0 to 1 or a round trip that gains.
    """
    r1, r2, a = self_coupling_in, self_coupling_drop, round_trip_amplitude
    _check_ring(r1, r2, a)
    k1, k2 = math.sqrt(1.0 - r1 * r1), math.sqrt(1.0 - r2 * r2)
    cross = -k1 * k2 * math.sqrt(a)
    if isinstance(round_trip_phase_rad, Tensor):
        half_t = phasor(round_trip_phase_rad / 2)
        turn_t = half_t.square()
        denominator_t = 1.0 - r1 * r2 * a * turn_t
        return (r1 - r2 * a * turn_t) / denominator_t, cross * half_t / denominator_t
    half = cmath.rect(1.0, round_trip_phase_rad / 2)
    turn = cmath.rect(1.0, round_trip_phase_rad)
    denominator = 1.0 - r1 * r2 * a * turn
    return (r1 - r2 * a * turn) / denominator, cross * half / denominator


def through_phase_slope(
    self_coupling_in: float,
    self_coupling_drop: float,
    round_trip_amplitude: float,
    round_trip_phase_rad: float,
) -> float:
    """``d arg t / dθ``: phase of the through port per radian of round-trip phase.

    Times the round-trip time it is the group delay of the through port.  NaN where no light
    passes (critical coupling on resonance): there the phase jumps and has no slope.
    """
    r1, r2, a = self_coupling_in, self_coupling_drop, round_trip_amplitude
    turn = cmath.rect(1.0, round_trip_phase_rad)
    passing = (r1 - r2 * a * turn) * (1.0 - r1 * r2 * a * turn)
    return (-(1.0 - r1 * r1) * r2 * a * turn / passing).real if passing else math.nan


def drop_phase_slope(round_trip_retention: float, round_trip_phase_rad: float) -> float:
    """``d arg d / dθ = Re[(1 + ρ e^{iθ}) / (2 - 2ρ e^{iθ})]``, with ρ = r1 r2 a.

    Times the round-trip time it is the group delay of the drop port.
    """
    kept = round_trip_retention * cmath.rect(1.0, round_trip_phase_rad)
    return ((1.0 + kept) / (2.0 - 2.0 * kept)).real


def finesse(round_trip_retention: float) -> float:
    """Free spectral range over full width at half maximum: ``π √ρ / (1 - ρ)``, ρ = r1 r2 a."""
    return math.pi * math.sqrt(round_trip_retention) / (1.0 - round_trip_retention)


def build_up(
    self_coupling_in: float,
    self_coupling_drop: float,
    round_trip_amplitude: float,
    round_trip_phase_rad: float = 0.0,
) -> float:
    """Power just behind the input coupler inside the ring over the power at the input port."""
    r1, r2, a = self_coupling_in, self_coupling_drop, round_trip_amplitude
    _check_ring(r1, r2, a)
    denominator = 1.0 - r1 * r2 * a * cmath.rect(1.0, round_trip_phase_rad)
    return (1.0 - r1 * r1) / abs(denominator) ** 2


def field_lifetime_s(linewidth_hz: float) -> float:
    """Time in which the field of a resonance of full width Δf decays by e: ``1 / (π Δf)``.

    The energy decays twice as fast.
    """
    return 1.0 / (math.pi * linewidth_hz)


def wavelength_to_frequency_width(width_m: float, wavelength_m: float) -> float:
    """Width in Hz of a narrow band of ``width_m`` at ``wavelength_m``: ``c Δλ / λ²``."""
    check_wavelength_m(wavelength_m)
    return SPEED_OF_LIGHT_M_PER_S * width_m / wavelength_m**2


def _check_ring(r1: float, r2: float, a: float) -> None:
    for name, value in (("self_coupling_in", r1), ("self_coupling_drop", r2)):
        if not 0.0 <= value <= 1.0:
            raise InputError(name, value, "must be between 0 and 1")
    if not 0.0 < a <= 1.0:
        raise InputError("round_trip_amplitude", a, "must be above 0 and at most 1")
    if r1 * r2 * a == 1.0:
        raise InputError("round_trip_amplitude", a, "a closed lossless ring has no steady state")
