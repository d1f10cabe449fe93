r"""What every part of a dot product unit is set to, for a netlist that is to check its fields.

Phases, losses and couplings are worked out here anew from the design, the deviations and the
operands, by the rules of the circuit and not by the functions that are to be checked:

* digit d of x is bit d of x mod m, and in two's complement the top one counts negatively;
* a shifter turns by share · (2π/m) · weight · w, as far as its drive is true;
* a ring whose resonance lies Δλ to the red of the light turns it by 2π Δλ n_g L / λ² a round trip;
* an interferometer parts light by its two couplers and the phase of its driven arm, which is π
  where it is biased;
* the path that needs the bends is the one between the drop ports, or the cross ports.

Legend of shapes: B setting, J multiplier, D digit, S rail, E switch of a digit (input, output),
C coupler of a pair (of a ring, of an interferometer, of a hybrid); ``...`` broadcasts.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, Self

import torch
from torch import Tensor

from circuits.design.circuit import Design
from circuits.design.multiplier import MultiplierDesign
from circuits.optics.digit import DigitStatics, unit_section
from circuits.optics.hybrid import Hybrid
from devices.switches.mzi import MziSwitch
from devices.switches.ring import RingSwitch
from photonics.errors import InputError


class DigitParts(NamedTuple):
    """Digits, each of two switches and two paths between them: float64, (B, J, D, S, ...).

    Attributes:
        straight_rad: phase of the path between the through or bar ports, (...).
        straight_db: loss of that path, (...).
        turned_rad: phase of the path between the drop or cross ports, (...).
        turned_db: loss of that path, (...).
        switch_rad: phase of a round trip of each ring, or of the driven arm, (..., E).
        switch_db: loss of a round trip of each ring, or of the driven arm, (..., E).
        other_db: loss of the other arm, none in rings, (..., E).
        couplings: cross power of both couplers of each switch, (..., E, C).
    """

    straight_rad: Tensor
    straight_db: Tensor
    turned_rad: Tensor
    turned_db: Tensor
    switch_rad: Tensor
    switch_db: Tensor
    other_db: Tensor
    couplings: Tensor

    def at(self, digit: tuple[int, int, int]) -> DigitParts:
        """The digit (j, d, s) of every setting, (B, ...)."""
        return DigitParts(*(value[(slice(None), *digit)] for value in self))

    def flat(self) -> DigitParts:
        """Every digit as a setting of its own, (B J D S, ...)."""
        return DigitParts(*(value.flatten(0, 3) for value in self))


class FeedParts(NamedTuple):
    """What is in front of the digits.

    Attributes:
        launched_w: power in front of the splitter of the rails, (B,).
        cross_share: share of it that goes to the second rail, (B,).
        input_rad: phase of either rail, (B, S).
        split_loss_db: excess loss of that splitter, (B,).
    """

    launched_w: Tensor
    cross_share: Tensor
    input_rad: Tensor
    split_loss_db: Tensor


_NONE = torch.zeros((), dtype=torch.float64)


class HybridParts(NamedTuple):
    """What a 90 degree hybrid is made of.

    Attributes:
        to_q_share: power share that the splitter of either rail sends to coupler Q, (B, S).
        cross_power: of coupler I and coupler Q, (B, C).
        quadrature_rad: what Q exceeds a right angle by, (B,).
        splitter_loss_db: excess loss of both splitters, (B,).
        coupler_loss_db: excess loss of both couplers, (B,).
    """

    to_q_share: Tensor
    cross_power: Tensor
    quadrature_rad: Tensor
    splitter_loss_db: Tensor = _NONE
    coupler_loss_db: Tensor = _NONE

    @classmethod
    def made(cls, splitter_db: Tensor, coupler_db: Tensor, quadrature_rad: Tensor) -> Self:
        """From what the designer of a hybrid counts in.

        Args:
            splitter_db: power to coupler I over that to coupler Q, (B, S).
            coupler_db: bar over cross power of coupler I and coupler Q, (B, C).
            quadrature_rad: what Q exceeds a right angle by, (B,).
        """
        to_q, cross = (1.0 / (1.0 + 10.0 ** (db / 10.0)) for db in (splitter_db, coupler_db))
        return cls(to_q, cross, quadrature_rad)

    @classmethod
    def of(cls, hybrid: Hybrid) -> Self:
        """Parts read back out of hybrids with leading axis (B,): not independent of them."""
        power = hybrid.transfer.abs().square()
        bar, cross = power[..., 0::2, 0], power[..., 1::2, 0]
        turn_rad = hybrid.transfer[..., 3, 1].angle()
        return cls(power[..., 2:, :].sum(-2), cross / (bar + cross), turn_rad)


class Deviations(NamedTuple):
    """How rows differ from their design, float64 where not told; all broadcast to their shapes.

    Attributes:
        statics: of the digits, those by heat included, (B, J, ...).
        hybrid: parts of the receivers' hybrids, (B, ...).
        splitter_db: power of the first rail over the second, over what it should be, (B,).
        input_rad: phase of either rail in front of its digits, (B, S).
    """

    statics: DigitStatics
    hybrid: HybridParts
    splitter_db: Tensor = _NONE
    input_rad: Tensor = _NONE


@dataclass(frozen=True)
class RowParts:
    """Rows that are wired alike, each with settings of its own.

    Attributes:
        rails: whether each rail has multipliers; without, it is a plain guide.
        switch: kind of the switches.
        digits: of both rails.
        feed: laser, splitter, and the guides in front of the digits.
        hybrid: of the receiver.
    """

    rails: tuple[bool, bool]
    switch: str
    digits: DigitParts
    feed: FeedParts
    hybrid: HybridParts

    @property
    def wiring(self) -> tuple[int, int, int, str]:
        """Multipliers, digits of each, rails with multipliers, and kind of the switches."""
        multipliers, digits = self.digits.straight_rad.shape[1:3]
        return multipliers, digits, sum(self.rails), self.switch

    @property
    def settings(self) -> int:
        """Number of settings B."""
        return len(self.feed.launched_w)

    def at(self, chosen: slice) -> RowParts:
        """Parts of some settings."""
        return RowParts(
            self.rails,
            self.switch,
            DigitParts(*(value[chosen] for value in self.digits)),
            FeedParts(*(value[chosen] for value in self.feed)),
            HybridParts(*(value[chosen] for value in self.hybrid)),
        )

    @classmethod
    def join(cls, rows: Sequence[RowParts]) -> RowParts:
        """One after the other."""
        return cls(
            rows[0].rails,
            rows[0].switch,
            DigitParts(*map(torch.cat, zip(*(row.digits for row in rows), strict=True))),
            FeedParts(*map(torch.cat, zip(*(row.feed for row in rows), strict=True))),
            HybridParts(*map(torch.cat, zip(*(row.hybrid for row in rows), strict=True))),
        )


def set_row(design: Design, modulus: int, x: Tensor, w: Tensor, deviations: Deviations) -> RowParts:
    """Set the parts of rows for operands.

    Args:
        design: of all rows.
        modulus: m.
        x: streamed integers, (B, J).
        w: stationary integers, (B, J).
        deviations: of the rows.
    """
    settings, dual = len(x), design.multiplier.rails == "dual"
    stages = math.ceil(math.log2(design.feed.fan_out))
    lost_db = design.coupler.loss_db + stages * design.feed.stage_loss_db
    row_w = design.row_power_w(modulus) * 10.0 ** (-lost_db / 10.0)
    share, splitter = 0.5 if dual else design.signal_share, design.rail_splitter
    imbalance_db = splitter.imbalance_db + deviations.splitter_db
    first_over_second = share / (1.0 - share) * 10.0 ** (imbalance_db / 10.0)
    hybrid = design.receiver.hybrid

    def all_alike(value: float) -> Tensor:
        return torch.full((settings,), value, dtype=torch.float64)

    return RowParts(
        rails=(True, dual),
        switch="ring" if isinstance(design.multiplier.switch, RingSwitch) else "mzi",
        digits=_set_digits(design, modulus, x, w, deviations),
        feed=FeedParts(
            launched_w=all_alike(row_w),
            cross_share=(1.0 / (1.0 + first_over_second)).expand(settings),
            input_rad=deviations.input_rad.expand(settings, 2),
            split_loss_db=all_alike(splitter.excess_loss_db),
        ),
        hybrid=deviations.hybrid._replace(
            splitter_loss_db=all_alike(hybrid.splitter.excess_loss_db),
            coupler_loss_db=all_alike(hybrid.coupler.excess_loss_db),
        ),
    )


def _set_digits(
    design: Design, modulus: int, x: Tensor, w: Tensor, deviations: Deviations
) -> DigitParts:
    multiplier, statics = design.multiplier, deviations.statics
    bits, weights = _digits(multiplier, modulus, x, statics.shifter_phase_rad.shape[-2])
    drive_rad, shifter_db = _shifters(multiplier, modulus, w, weights, statics)
    shifter_rad = drive_rad + statics.shifter_phase_rad
    bypass_rad = multiplier.bypass_phase_rad + statics.bypass_phase_rad
    bypass_db = torch.zeros((), dtype=torch.float64)
    bends_db = 2.0 * multiplier.bend.loss_db
    if multiplier.polarity == "zero-coupled":
        coupled = bits == 0
        straight_rad, straight_db = shifter_rad, shifter_db
        turned_rad, turned_db = bypass_rad, bypass_db + bends_db
    else:
        coupled = bits == 1
        straight_rad, straight_db = bypass_rad, bypass_db
        turned_rad, turned_db = shifter_rad, shifter_db + bends_db
    switch, offset = multiplier.switch, statics.switch_offset
    each = coupled[..., None, None]
    if isinstance(switch, RingSwitch):
        around = _round_trip(switch, design.laser.wavelength_m, each, offset[..., 0])
        drop = switch.drop_coupling_power
        both = switch.coupling_power, switch.coupling_power if drop is None else drop
        couplings = torch.tensor(both, dtype=torch.float64)
        parts = (*around, bypass_db, couplings)
    elif isinstance(switch, MziSwitch):
        parts = _interferometers(switch, each, offset)
    else:
        raise InputError("multiplier.switch", switch, "has no netlist", "take ring or mzi")
    switch_rad, switch_db, other_db, couplings = parts
    shape = (*bits.shape, 2)
    return DigitParts(
        straight_rad=straight_rad.expand(shape),
        straight_db=straight_db.expand(shape),
        turned_rad=turned_rad.expand(shape),
        turned_db=turned_db.expand(shape),
        switch_rad=switch_rad.expand(*shape, 2),
        switch_db=switch_db.expand(*shape, 2),
        other_db=other_db.expand(*shape, 2),
        couplings=couplings.expand(*shape, 2, 2),
    )


def _digits(
    multiplier: MultiplierDesign, modulus: int, x: Tensor, count: int
) -> tuple[Tensor, list[int]]:
    """Digits of streamed integers, (B, J, D), and what each of them counts."""
    streamed, weights = x % modulus, [2**d for d in range(count)]
    if multiplier.encoding == "twos-complement":
        streamed = _signed(x, modulus)
        weights[-1] = -weights[-1]
    return torch.stack([(streamed >> d) & 1 for d in range(count)], dim=-1), weights


def _signed(value: Tensor, modulus: int) -> Tensor:
    """The integer of least magnitude that is congruent; -m/2 rather than m/2."""
    least = value % modulus
    return torch.where(least > (modulus - 1) // 2, least - modulus, least)


def _shifters(
    multiplier: MultiplierDesign,
    modulus: int,
    w: Tensor,
    weights: list[int],
    statics: DigitStatics,
) -> tuple[Tensor, Tensor]:
    """Phase and loss in dB of the shifters at their drives, their static phase left out.

    Both are (B, J, D, S).  The part itself says what it does at a drive.
    """
    if multiplier.drive == "shared":
        factors, wanted = weights, [_signed(w, modulus)]
    else:
        factors, wanted = [1] * len(weights), [_signed(w * k, modulus) for k in weights]
    level = torch.stack(wanted, dim=-1)
    section = unit_section(multiplier, modulus)
    table = statics.drive_inl.expand(*level.shape, -1, modulus)
    error = table.take_along_dim((level + modulus // 2)[..., None, None], -1)[..., 0]
    asked = section.swing[level + modulus // 2]
    swing = asked + asked * statics.drive_gain[..., None] + error
    count = torch.tensor(factors, dtype=torch.float64)
    turned_rad, loss_db = (
        count.abs()[:, None] * torch.where(count[:, None] < 0.0, pair.flip(-1), pair)
        for pair in (section.pair_rad(swing), section.pair_db(swing))
    )
    if multiplier.rails == "single":
        turned_rad[..., 1] = 0.0
    return turned_rad + turned_rad * statics.shifter_gain, loss_db


def _round_trip(
    ring: RingSwitch, wavelength_m: float, coupled: Tensor, offset_m: Tensor
) -> tuple[Tensor, Tensor]:
    """Phase in rad and loss in dB of a round trip of rings on resonance or biased off it."""
    around_m = 2.0 * math.pi * ring.radius_m
    biased = 1.0 - coupled.to(torch.float64)
    red_m = biased * ring.detuning_m + offset_m
    turn_rad = 2.0 * math.pi * red_m * ring.group_index * around_m / wavelength_m**2
    return turn_rad, (ring.loss_db_per_m + biased * ring.detuning_loss_db_per_m) * around_m


def _interferometers(
    switch: MziSwitch, coupled: Tensor, offset: Tensor
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Phase and loss of the driven arm, loss of the other, and cross powers of both couplers.

    Arms also bear the loss of the couplers.  The part itself says what its arm does.
    """
    arm, couplers_db = switch.sized_arm, 2.0 * switch.coupler.excess_loss_db
    rest_rad, biased_rad = (arm.phase_rad(drive) for drive in arm.drive_range)
    rest_db, biased_db = arm.loss_db(rest_rad), arm.loss_db(biased_rad)
    turned_rad = torch.where(coupled, 0.0, biased_rad - rest_rad) + offset[..., 0]
    ratio_db = -10.0 * math.log10(1.0 / switch.coupler.cross_power - 1.0) - offset[..., 1:]
    share = 10.0 ** (ratio_db / 10.0)
    return (
        turned_rad,
        torch.where(coupled, rest_db, biased_db) + couplers_db,
        rest_db + couplers_db,
        share / (1.0 + share),
    )
