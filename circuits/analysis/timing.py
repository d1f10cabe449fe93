r"""Timing budget of a dot-product unit: how long a symbol has to last.

::

    drives       │◄ drive ►│
    light                  │◄─── spread ───►│◄ rise of the rings ►│
    receiver                                                      │◄ receiver ►│ sampled here

The slowest input's light is late by the spread of the chain's delay, the edges of the symbols are
smeared by the rings that are coupled, and the filter of the receiver has to forget the symbol
before.  A symbol is sampled at the last moment before the light of the next one can arrive.

Settled means: earlier symbols, and drives on their way, turn the phase by less than a quarter of
half a cell, the strongest symbol before the weakest being the worst case.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from scipy.optimize import brentq
from torch import Tensor

from circuits.coding.array_shape import check_modulus
from circuits.design.circuit import Design
from circuits.optics.chain_delay import ChainDelay
from circuits.receiver.by_design import gain_control
from devices.switches.ring import RingSwitch
from devices.switches.ring_drive import half_trip_s
from photonics.checks import instance_of, whole_number
from photonics.representation import one_line
from photonics.ring_transients import cascade_remaining

# What settling may leave of the margin of half a cell.
SETTLED_SHARE = 0.25

# Points on which the rise of the light passes the receiver's filter.
_POINTS = 4096


@dataclass(frozen=True)
class Timing:
    """What the time of a symbol has to hold.

    Attributes:
        delay_s: mean delay of a chain, uniform data; a latency, which a symbol need not hold.
        delay_rms_s: its rms over uniform data.
        spread_s: latest less earliest arrival of a symbol's light, which depends on the data; with
            drives that are not skewed, the whole delay of the slowest.
        drive_s: until the biases of all rings are where they should be.
        ring_tail_s: what the edges of the light, smeared by the rings, add to that.
        receiver_s: until the filter of the receiver has forgotten the strongest symbol before the
            weakest one.
        sampling_delay_s: from the end of a symbol at the first drive to its sampling instant: the
            last moment before the light of the next symbol arrives.
    """

    delay_s: float
    delay_rms_s: float
    spread_s: float
    drive_s: float
    ring_tail_s: float
    receiver_s: float
    sampling_delay_s: float

    __repr__ = one_line

    @property
    def symbol_s(self) -> float:
        """Shortest symbol in which everything settles."""
        return self.spread_s + self.drive_s + self.ring_tail_s + self.receiver_s

    @property
    def fastest_clock_hz(self) -> float:
        """Fastest clock at which everything settles."""
        return 1.0 / self.symbol_s

    def settles(self, clock_hz: float) -> bool:
        """Whether a symbol of a clock is long enough."""
        return self.symbol_s <= 1.0 / clock_hz


def allowed_phase_rad(modulus: int) -> float:
    """Phase error that a settled symbol may have left: a quarter of half a cell."""
    return SETTLED_SHARE * math.pi / modulus


def unit_timing(design: Design, modulus: int, length: int) -> Timing:
    """Timing budget of the units of a design, of ``length`` multipliers in a row.

    Raises:
        InputError: for a modulus or length of no row, and for what is no design.
    """
    instance_of("design", design, Design, "a machine has one: machine.design")
    modulus, length = check_modulus(modulus), whole_number("length", length, least=1)
    delay = ChainDelay(design, modulus, length)
    uniform, arrival, rise = delay.uniform, delay.arrival, _Rise.of(delay)
    skewed = design.multiplier.ring_drive.skewed
    receiver_s = rise.receiver_settling_s()
    # Drives that switch together: the last rings turn at once to the digits of the next symbol.
    earliest_s = arrival.earliest_s if skewed else 0.0
    return Timing(
        delay_s=uniform.mean_s,
        delay_rms_s=uniform.rms_s,
        spread_s=arrival.latest_s - earliest_s,
        drive_s=rise.drive_settling_s(),
        ring_tail_s=max(rise.settling_s(receiver_s) - receiver_s, 0.0),
        receiver_s=receiver_s,
        sampling_delay_s=earliest_s,
    )


@dataclass(frozen=True)
class _Rise:
    """How the edge of a symbol rises at the receiver, times from its mean arrival.

    Attributes:
        delay: the chain.
        ratio: amplitude of the strongest input over that of the weakest.
        rails: how many rails the signal has passed: its power of a rail's field.
    """

    delay: ChainDelay
    ratio: float
    rails: int

    @classmethod
    def of(cls, delay: ChainDelay) -> _Rise:
        design = delay.design
        gain = gain_control(design, delay.modulus, delay.length)
        rails = sum(share != 0 for share in design.multiplier.rail_shares)
        return cls(delay, gain.largest_amplitude_a / gain.smallest_amplitude_a, rails)

    @property
    def _allowed_rad(self) -> float:
        return allowed_phase_rad(self.delay.modulus)

    def remaining(self, time_s: Tensor, rings: int) -> Tensor:
        """What the field of a rail lacks around its mean arrival behind coupled rings, (...)."""
        ring, trip_s = self._ring, 2.0 * half_trip_s(self._ring)
        mean_s = rings * ring.group_delay_s(0.0, self._wavelength_m, coupled=True)
        trips = (time_s + mean_s) / trip_s - 0.5 * rings
        return cascade_remaining(trips, rings, ring.cavity(self._wavelength_m).retention)

    def arrival_s(self, rings: int, remaining: float) -> float:
        """Time at which the field of a rail behind coupled rings still lacks a given share."""
        if rings == 0:
            return 0.0
        lifetime_s = self._ring.delay_s(self._wavelength_m)
        latest_s = lifetime_s * (10.0 * math.sqrt(rings) - 2.0 * math.log(remaining) + 10.0)

        def excess(time_s: float) -> float:
            return (
                float(self.remaining(torch.tensor(time_s, dtype=torch.float64), rings)) - remaining
            )

        # Nothing arrives before the first trips: start where all of the light is still missing.
        return float(brentq(excess, -lifetime_s * rings, latest_s, xtol=1e-6 * lifetime_s))

    def drive_settling_s(self) -> float:
        """Until the biases are so close that all rings together turn a rail by no more."""
        ring, drive = self._ring, self.delay.design.multiplier.ring_drive
        coupled = ring.drop_slope_rad_per_m(0.0, self._wavelength_m)
        detuned = ring.through_slope_rad_per_m(ring.detuning_m, self._wavelength_m)
        rings = 2 * self.delay.length * self.delay.code.count
        turn_rad = rings * ring.detuning_m * max(coupled, detuned)
        return drive.time_constant_s * max(math.log(turn_rad / self._allowed_rad), 0.0)

    def receiver_settling_s(self) -> float:
        """Until the receiver alone has forgotten enough of earlier symbols."""
        response = self.delay.design.receiver.response

        def excess(log_s: float) -> float:
            error_rad = response.worst_phase_error_rad(math.exp(log_s), self.ratio)
            return error_rad - self._allowed_rad

        log_constant = -math.log(response.slowest_per_s)
        return math.exp(brentq(excess, log_constant - 5.0, log_constant + 5.0))

    def settling_s(self, receiver_s: float) -> float:
        """Until rings and receiver together have settled, from the mean arrival of the slowest.

        The old light that is left in a rail and the new light that is there have any phases; the
        products of both rails pass the filter of the receiver.  With all of the old symbols as
        strong as can be, the phase errs by at most the arcsine of old over new.
        """
        response, rings = self.delay.design.receiver.response, self.delay.arrival.latest_rings
        strength = self.ratio ** (1.0 / self.rails)
        little = self._allowed_rad / (8.0 * self.ratio)
        begin_s, end_s = self.arrival_s(rings, 1.0 - 1e-9), self.arrival_s(rings, little)
        step_s = (end_s - begin_s + 1.5 * receiver_s) / _POINTS
        time_s = begin_s + step_s * torch.arange(_POINTS, dtype=torch.float64)
        old = self.remaining(time_s, rings)
        new = ((1.0 - old) ** self.rails)[:-1]
        mixed = ((1.0 - old + strength * old) ** self.rails)[:-1]
        arrived = response.filtered(new, step_s)
        leftover = response.filtered(mixed - new, step_s, self.ratio)
        wrong = leftover.abs() > arrived * math.sin(self._allowed_rad)
        last = int(wrong.nonzero().max())
        return float(time_s[last + 1])

    @property
    def _ring(self) -> RingSwitch:
        return self.delay.design.multiplier.ring

    @property
    def _wavelength_m(self) -> float:
        return self.delay.design.laser.wavelength_m
