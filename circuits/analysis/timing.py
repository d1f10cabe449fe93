r"""Timing budget of a row: how long a symbol has to last.

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
from circuits.coding.phase_code import level_angle_rad
from circuits.design.circuit import Design
from circuits.optics.chain_delay import ChainDelay
from circuits.optics.digit import drive_factors
from circuits.receiver.by_design import gain_control
from devices.switches.switch import Switch
from photonics.checks import instance_of, whole_number
from photonics.dispersion import group_delay_s
from photonics.representation import one_line
from photonics.ring_transients import cascade_remaining
from photonics.rings import field_lifetime_s, wavelength_to_frequency_width

# What settling may leave of the margin of half a cell.
SETTLED_SHARE = 0.25

# Room above a symbol, over its amplitude, that counts where there is none.
_LEAST_ROOM = 1e-3
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
        drive_s: until all switches are where they should be.
        ring_tail_s: what the edges of the light, smeared by the rings, add to that.
        receiver_s: until the filter of the receiver has forgotten the strongest symbol before the
            weakest one, and a stage that sets its gain has followed.
        load_s: that a tile waits for a new set of drives, and no symbol does.
        load_left_rad: phase by which the largest step of a drive, on its way or ringing, turns its
            row then, at the largest streamed integer.
        load_settled_s: until such steps of all drives of a row together turn it by no more than a
            settled symbol may be left with.
        sampling_delay_s: from the end of a symbol at the first drive to its sampling instant: the
            last moment before the light of the next symbol arrives.
    """

    delay_s: float
    delay_rms_s: float
    spread_s: float
    drive_s: float
    ring_tail_s: float
    receiver_s: float
    load_s: float
    load_left_rad: float
    load_settled_s: float
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


def largest_step_rad(design: Design, modulus: int) -> float:
    """Phase of a multiplier whose digits are all 1 when its drive goes from one end to the other.

    It is not reduced modulo a turn: a longer section turns by as much more on its way.
    """
    factors = drive_factors(design.multiplier, design.multiplier.code(modulus))
    return level_angle_rad(modulus) * (modulus - 1) * sum(map(abs, factors))


def row_timing(design: Design, modulus: int, length: int) -> Timing:
    """Timing budget of the rows of a design, of ``length`` multipliers each.

    Raises:
        InputError: for a modulus or length of no row, and for what is no design.
    """
    instance_of("design", design, Design, "a machine has one: machine.design")
    modulus, length = check_modulus(modulus), whole_number("length", length, least=1)
    delay = ChainDelay(design, modulus, length)
    uniform, arrival, rise = delay.uniform, delay.arrival, _Rise.of(delay)
    skewed = design.multiplier.switch_drive.skewed
    receiver_s = rise.receiver_settling_s()
    stage = design.receiver.stage
    gain_s = 0.0 if stage is None else rise.gain_settling_s(stage.time_constant_s)
    # Drives that switch together: the last rings turn at once to the digits of the next symbol.
    earliest_s = arrival.earliest_s if skewed else 0.0
    return Timing(
        delay_s=uniform.mean_s,
        delay_rms_s=uniform.rms_s,
        spread_s=arrival.latest_s - earliest_s,
        drive_s=rise.drive_settling_s(),
        ring_tail_s=max(rise.settling_s(receiver_s) - receiver_s, 0.0),
        receiver_s=max(receiver_s, gain_s),
        load_s=design.multiplier.load_s,
        load_left_rad=design.multiplier.load_left * (step_rad := largest_step_rad(design, modulus)),
        load_settled_s=design.multiplier.shifter.settling_s(
            min(allowed_phase_rad(modulus) / (math.sqrt(length) * step_rad), 0.5)
        ),
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
        cavity = self._switch.cavity(self._wavelength_m)
        if cavity is None or rings == 0:
            return (time_s < 0.0).to(torch.float64)
        trip_s = group_delay_s(cavity.group_index, cavity.circumference_m)
        mean_s = rings * self._switch.delay_s(self._wavelength_m, coupled=True)
        trips = (time_s + mean_s) / trip_s - 0.5 * rings
        return cascade_remaining(trips, rings, cavity.retention)

    def arrival_s(self, rings: int, remaining: float) -> float:
        """Time at which the field of a rail behind coupled rings still lacks a given share."""
        cavity = self._switch.cavity(self._wavelength_m)
        if cavity is None or rings == 0:
            return 0.0
        width_hz = wavelength_to_frequency_width(cavity.linewidth_m, self._wavelength_m)
        lifetime_s = field_lifetime_s(width_hz)
        latest_s = lifetime_s * (10.0 * math.sqrt(rings) - 2.0 * math.log(remaining) + 10.0)

        def excess(time_s: float) -> float:
            return (
                float(self.remaining(torch.tensor(time_s, dtype=torch.float64), rings)) - remaining
            )

        # Nothing arrives before the first trips: start where all of the light is still missing.
        return float(brentq(excess, -lifetime_s * rings, latest_s, xtol=1e-6 * lifetime_s))

    def drive_settling_s(self) -> float:
        """Until the biases are so close that all switches together turn a rail by no more."""
        switch, drive = self._switch, self.delay.design.multiplier.switch_drive
        coupled, detuned = (
            abs(switch.slope_rad(self._wavelength_m, coupled=x)) for x in (True, False)
        )
        count = 2 * self.delay.length * self.delay.code.count
        turn_rad = count * switch.swing * max(coupled, detuned)
        if turn_rad <= self._allowed_rad:
            return 0.0
        own_s = switch.settling_s(self._allowed_rad / turn_rad)
        return own_s + drive.time_constant_s * math.log(turn_rad / self._allowed_rad)

    def receiver_settling_s(self) -> float:
        """Until the receiver alone has forgotten enough of earlier symbols."""
        response = self.delay.design.receiver.response

        def excess(log_s: float) -> float:
            error_rad = response.worst_phase_error_rad(math.exp(log_s), self.ratio)
            return error_rad - self._allowed_rad

        log_constant = -math.log(response.slowest_per_s)
        return math.exp(brentq(excess, log_constant - 5.0, log_constant + 5.0))

    def gain_settling_s(self, time_constant_s: float) -> float:
        """Until a gain on its way from the weakest symbol to the strongest clips it no more.

        What it is off by then scales I and Q alike, which turns no phase.
        """
        receiver = self.delay.design.receiver
        room = receiver.full_scale_ratio - 1.0
        if receiver.gain == "fixed" or self.ratio - 1.0 <= room:
            return 0.0
        return time_constant_s * math.log((self.ratio - 1.0) / max(room, _LEAST_ROOM))

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
    def _switch(self) -> Switch:
        return self.delay.design.multiplier.switch

    @property
    def _wavelength_m(self) -> float:
        return self.delay.design.laser.wavelength_m
