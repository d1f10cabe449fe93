"""From published figures of a ring switch back to its coupling, loss and detuning.

A symmetric add-drop ring has three parameters, and a measurement reports four figures, so a set
of figures need not be reachable by any ring.  The fit is the closest ring; how far its own
figures lie from the published ones says how consistent those are.
"""

from __future__ import annotations

import math
from typing import NamedTuple

from scipy.optimize import least_squares

from photonics.errors import InputError
from photonics.rings import finesse, ring_add_drop
from photonics.units import power_to_db


class RingFigures(NamedTuple):
    """What a measurement of a ring switch reports.

    Attributes:
        drop_loss_db: insertion loss to the drop port, on resonance.
        through_loss_db: insertion loss to the through port, detuned.
        extinction_db: power at the drop port, on resonance over detuned.
        bandwidth_hz: full width at half maximum of the drop resonance.
    """

    drop_loss_db: float
    through_loss_db: float
    extinction_db: float
    bandwidth_hz: float


class RingParameters(NamedTuple):
    """Power coupling of either coupler, round-trip loss in dB, detuning in rad."""

    coupling_power: float
    round_trip_loss_db: float
    detuning_rad: float


# How closely published figures are known, in dB and (the last) as a fraction: assumption.
_ACCURACY = RingFigures(0.05, 0.05, 1.0, 0.05)


def ring_figures(
    self_coupling_in: float,
    self_coupling_drop: float,
    round_trip_amplitude: float,
    detuning_rad: float,
    spectral_range_hz: float,
    detuned_amplitude: float | None = None,
) -> RingFigures:
    """All figures of one ring, from one set of parameters (see :mod:`photonics.rings`).

    The round-trip amplitude of the detuned state is that of the other one unless told otherwise.
    """
    cavity = (self_coupling_in, self_coupling_drop, round_trip_amplitude)
    detuned = round_trip_amplitude if detuned_amplitude is None else detuned_amplitude
    _, drop_on = ring_add_drop(*cavity, 0.0)
    through_off, drop_off = ring_add_drop(*cavity[:2], detuned, detuning_rad)
    return RingFigures(
        drop_loss_db=-power_to_db(abs(drop_on) ** 2),
        through_loss_db=-power_to_db(abs(through_off) ** 2),
        extinction_db=power_to_db(abs(drop_on / drop_off) ** 2),
        bandwidth_hz=spectral_range_hz / finesse(math.prod(cavity)),
    )


def fit_symmetric_ring(quoted: RingFigures, spectral_range_hz: float) -> RingParameters:
    """The symmetric ring of a given free spectral range that comes closest to quoted figures.

    Least squares, each figure weighed with how closely such figures are known.

    Raises:
        InputError: for figures that no ring can have.
    """
    for name, value in quoted._asdict().items():
        if not 0.0 < value < math.inf:
            raise InputError(name, value, "must be positive and finite")
    if quoted.bandwidth_hz >= spectral_range_hz / 2.0:
        raise InputError(
            "bandwidth_hz",
            quoted.bandwidth_hz,
            f"must be below half the free spectral range of {spectral_range_hz:.3g} Hz",
            "check the radius of the ring",
        )

    def parameters(free: list[float]) -> RingParameters:
        # Free variables that keep any value physical: coupling 0..1, loss > 0, detuning 0..π.
        ratio, log_loss, bend = free
        return RingParameters(_sigmoid(ratio), math.exp(log_loss), math.pi * _sigmoid(bend))

    def misfit(free: list[float]) -> list[float]:
        coupling, loss_db, detuning = parameters(free)
        r = math.sqrt(1.0 - coupling)
        found = ring_figures(r, r, 10.0 ** (-loss_db / 20.0), detuning, spectral_range_hz)
        levels = [(x - y) / e for x, y, e in zip(found, quoted, _ACCURACY, strict=True)][:3]
        width = math.log(found.bandwidth_hz / quoted.bandwidth_hz) / _ACCURACY.bandwidth_hz
        return [*levels, width]

    # A narrow resonance: 1 - ρ is π over the finesse, and k² is the drop field's share of it.
    lost = math.pi * quoted.bandwidth_hz / spectral_range_hz
    kept = 10.0 ** (-quoted.drop_loss_db / 20.0)
    coupling, loss_db = kept * lost, max(1e-6, (1.0 - kept) * lost * 20.0 / math.log(10.0))
    detuning = min(3.0, lost * 10.0 ** (quoted.extinction_db / 20.0))
    start = [_logit(min(0.9, coupling)), math.log(loss_db), _logit(detuning / math.pi)]
    return parameters(least_squares(misfit, start, xtol=1e-14, ftol=1e-14, gtol=1e-14).x.tolist())


def _sigmoid(x: float) -> float:
    return 1.0 / (1.0 + math.exp(-x))


def _logit(p: float) -> float:
    return math.log(p / (1.0 - p))
