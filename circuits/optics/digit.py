"""Modular multiplier: the light of one rail through the digits of one multiplier.

::

              ┌── bypass (two bends) ──┐           bit d of x sets the switches,
    ──►──(switch)                 (switch)──►──    the drive w sets the shifter's phase
              └── shifter ─────────────┘           share · (2π/m) · weight_d · w

The two paths of a digit stay coherent: light that leaks through a switch takes the other path and
interferes at the second one.  With t and d the fields of a switch to the straight and to the
coupled path (the through and drop port of a ring), a digit is ``t²·(straight path) + d²·(coupled
path)``, t and d being those of the switch's present state.

A rail takes a share of the phase: +1/2 and -1/2 with two rails that are each other's reference,
the whole of it with a single rail whose reference has no multipliers.

Legend of shapes: D digit (least first), S rail, V drive level (lowest first), E switch of a digit
(the one the light enters by, the one it leaves by), K component of its deviation; ``...``
broadcasts.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from typing import NamedTuple

import torch
from torch import Tensor

from circuits.coding.digit_code import DigitCode
from circuits.coding.phase_code import drive_level, level_angle_rad
from circuits.design.multiplier import MultiplierDesign
from circuits.optics.response import added, log_response
from circuits.optics.section import Section
from circuits.optics.tile_heat import ThermalShift
from devices.electronics.dac import Dac
from devices.shifters.shifter import Shifter
from photonics.optics import phasor
from photonics.shapes import broadcast
from photonics.switching import SwitchFields, SwitchNumbers, moved
from photonics.units import loss_to_amplitude

# Designs whose optics are kept: those of some machines, or of moves of a slider.
_KEPT = 64


@dataclass(frozen=True)
class DigitStatics:
    """Static deviations of the digits of multipliers from their design; all broadcast together.

    Attributes:
        shifter_phase_rad: of the shifter path, (..., D, S).
        bypass_phase_rad: of the bypass path, (..., D, S), design value not included.
        drive_gain: relative error of each drive, (..., D), or (..., 1) where digits share one.
        drive_inl: nonlinearity of each drive in levels, (..., D or 1, S or 1, V).
        shifter_gain: relative error of each shifter's own efficiency, (..., D, S).
        switch_offset: deviation of the switches from their design, (..., D, S, E, K), see
            :class:`devices.switches.switch.Switch`.
    """

    shifter_phase_rad: Tensor
    bypass_phase_rad: Tensor
    drive_gain: Tensor
    drive_inl: Tensor
    shifter_gain: Tensor
    switch_offset: Tensor

    @classmethod
    def none(cls, optics: DigitOptics) -> DigitStatics:
        """Multipliers exactly as designed."""
        code, components = optics.code, optics.design.switch.components
        phase = torch.zeros(code.count, 2, dtype=torch.float64)
        drive = torch.zeros(1, dtype=torch.float64)
        switch = torch.zeros(code.count, 2, 2, components, dtype=torch.float64)
        return cls(phase, phase, drive, drive.expand(1, 1, code.modulus), phase, switch)

    def with_heat(self, thermal_shift: ThermalShift | None) -> DigitStatics:
        """Statics with what the heat of a tile's drives adds; its axes broadcast."""
        if thermal_shift is None:
            return self
        offset, by = self.switch_offset, thermal_shift.switch_offset
        return replace(
            self,
            shifter_phase_rad=self.shifter_phase_rad + thermal_shift.shifter_rad,
            switch_offset=offset if by is None else moved(offset, by),
        )

    def with_drives_off(self, levels: Tensor) -> DigitStatics:
        """Statics of drives whose swings are off by so much, (..., D or 1, S or 1)."""
        return replace(self, drive_inl=self.drive_inl + levels[..., None])

    def at(self, *place: int | slice | Tensor) -> DigitStatics:
        """Statics of some positions, by an index of the leading axes."""
        return DigitStatics(
            self.shifter_phase_rad[place],
            self.bypass_phase_rad[place],
            self.drive_gain[place],
            self.drive_inl[place],
            self.shifter_gain[place],
            self.switch_offset[place],
        )


class Arms(NamedTuple):
    """Field transmission of the two paths of digits, each (..., D, S), complex128."""

    shifter: Tensor
    bypass: Tensor


@dataclass(frozen=True)
class DigitOptics:
    """Fixed optics of the digits of a multiplier of one modulus, worked out from its design."""

    design: MultiplierDesign
    code: DigitCode
    wavelength_m: float
    section: Section
    bypass_amplitude: float

    @classmethod
    def of(cls, design: MultiplierDesign, modulus: int, wavelength_m: float) -> DigitOptics:
        """Lengths and losses of a design, worked out once."""
        return _optics(design, modulus, wavelength_m)

    @cached_property
    def shifter_amplitude(self) -> Tensor:
        """Field transmission of the shifter path of every digit at its least lossy drive, (D,)."""
        loss_db = self.section.least_db * self.factors.abs()
        amplitude = torch.pow(10.0, -loss_db / 20.0)
        return amplitude if self.zero_coupled else amplitude * _bends(self.design)

    @cached_property
    def factors(self) -> Tensor:
        """Sections of each digit, negative where the rails are exchanged, (D,)."""
        return torch.tensor(drive_factors(self.design, self.code), dtype=torch.float64)

    @cached_property
    def loss_db(self) -> tuple[tuple[float, float], ...]:
        """Loss in dB of each digit for bit 0 and bit 1; see :func:`path_loss_db`."""
        switches = []
        for coupled in (self.couples(0), self.couples(1)):
            state = self.design.switch.state(self.wavelength_m, coupled=coupled)
            switches.append(abs(complex(state.coupled if coupled else state.straight)) ** 2)
        losses = []
        for amplitude in self.shifter_amplitude.tolist():
            fields = switches[0] * self.bypass_amplitude, switches[1] * amplitude
            zero, one = (-20.0 * math.log10(x) if x > 0.0 else math.inf for x in fields)
            losses.append((zero, one))
        return tuple(losses)

    @property
    def modulus(self) -> int:
        """The modulus m."""
        return self.code.modulus

    @property
    def zero_coupled(self) -> bool:
        """Whether a 0 couples the light."""
        return self.design.polarity == "zero-coupled"

    def couples(self, bit: int) -> bool:
        """Whether a value of a digit couples the light."""
        return (bit == 0) == self.zero_coupled

    def switch_numbers(self, bit: int) -> SwitchNumbers:
        """Both switches of a digit for a value of its bit."""
        return self._both_states[bit]

    @cached_property
    def _both_states(self) -> tuple[SwitchNumbers, SwitchNumbers]:
        zero, one = (
            self.design.switch.numbers(self.wavelength_m, coupled=self.couples(bit))
            for bit in (0, 1)
        )
        return zero, one

    def switch_fields(self, bit: int, statics: DigitStatics) -> SwitchFields:
        """Fields of the switches as they are, for a value of their digit, (..., D, S, E)."""
        return self.switch_numbers(bit).fields(statics.switch_offset)

    def swing(self, set_point: Tensor) -> Tensor:
        """What integer set points (...) ask of the drives by design, in levels, (..., S)."""
        return self.section.swing[set_point + self.modulus // 2]

    @property
    def converters(self) -> tuple[int, int]:
        """Converters of a multiplier: of each digit or of all, of each rail or of both."""
        each = self.code.count if self.design.drive == "per-digit" else 1
        return each, self.design.drives_per_digit

    @property
    def drive_noise_rms(self) -> float:
        """Rms noise of each converter, in levels of swing."""
        dac = self.design.dac
        return 0.0 if dac is None else math.sqrt(dac.noise_variance_v2) / abs(self.section.step)

    @cached_property
    def drive_error_rms(self) -> float:
        """Rms phase that codes, nonlinearity and noise of a drive leave, in levels."""
        dac, slopes = self.design.dac, self.section.slopes
        if self.design.drives_per_digit == 1:
            slopes = slopes.sum(-1, keepdim=True)
        slope = float(slopes.square().sum(-1).mean().sqrt())
        if dac is None:
            return self.design.drive_inl_rms * slope
        inl = dac.inl_rms_lsb * dac.lsb_v / abs(self.section.step)
        by_swing = math.hypot(inl, self.drive_noise_rms)
        return math.hypot(by_swing * slope, float(self.section.rounding.square().mean().sqrt()))

    def drive_rad(self, swing: Tensor) -> Tensor:
        """Phase that swings in levels (..., D or 1, S or 1) give the shifters: (..., D, S)."""
        return self._by_digit(self.section.pair_rad(swing))

    def fading(self, swing: Tensor) -> Tensor | None:
        """Field transmission of the shifters over that of the least lossy level, (..., D, S).

        None where the loss does not depend on the drive.
        """
        if not self.section.fades:
            return None
        more_db = self._by_digit(self.section.pair_db(swing) - self.section.least_db)
        return torch.pow(10.0, -more_db / 20.0)

    def _by_digit(self, pair: Tensor) -> Tensor:
        """Sums over the sections of each digit, (..., D, S), of one of them, (..., D or 1, S)."""
        exchanged = (self.factors < 0.0)[:, None]
        each = pair
        if bool(exchanged.any()):
            each = torch.where(exchanged, pair.flip(-1), pair)
        multiplied = torch.tensor([float(share != 0.0) for share in self.design.rail_shares])
        return each * (self.factors.abs()[:, None] * multiplied.double())

    def paths(self, level: Tensor, statics: DigitStatics) -> Arms:
        """Field transmission of the shifter and bypass path of every digit.

        Args:
            level: signed drive levels, integers (...).
            statics: deviations, those by heat included.
        """
        shifter = self.shifter_field(level, statics) * phasor(statics.shifter_phase_rad)
        bypass_phase = self.design.bypass_phase_rad + statics.bypass_phase_rad
        bypass = self.bypass_amplitude * phasor(bypass_phase)
        return Arms(shifter, bypass.expand_as(shifter))

    def shifter_field(self, level: Tensor, statics: DigitStatics) -> Tensor:
        """Field transmission of the shifter paths but for their static phase, (..., D, S).

        Args:
            level: signed drive levels, integers (...).
            statics: deviations, of which those of drives and efficiencies count.
        """
        set_point = set_points(self.design, self.code, level)
        inl = _pick(statics.drive_inl, (set_point + self.modulus // 2).unsqueeze(-1))
        swing = self.swing(set_point) * (1.0 + statics.drive_gain[..., None]) + inl
        turn_rad = self.drive_rad(swing) * (1.0 + statics.shifter_gain)
        field = self.shifter_amplitude[:, None] * phasor(turn_rad)
        fading = self.fading(swing)
        return field if fading is None else field * fading

    def transfer(self, bit: int, statics: DigitStatics, arms: Arms) -> Tensor:
        """Field transmission of digits whose bit is known, (..., D, S).

        Light is split at one switch and meets at the next.  A rail without a share of the phase
        is a plain guide: its field passes unchanged.
        """
        to_straight, to_coupled = (x.prod(-1) for x in self.switch_fields(bit, statics))
        straight, coupled = arms if self.zero_coupled else (arms.bypass, arms.shifter)
        passed = to_straight * straight + to_coupled * coupled
        if all(self.design.rail_shares):
            return passed
        multiplied = torch.tensor(self.design.rail_shares) != 0
        return torch.where(multiplied, passed, torch.ones_like(passed))


def digit_responses(
    optics: DigitOptics, level: Tensor, statics: DigitStatics
) -> tuple[Tensor, Tensor]:
    """Response of every digit to bit 0, and what bit 1 adds to it: (..., D, Q).

    Q are the log amplitude of rail +, of rail -, and the deviation of the phase between them.
    """
    arms = optics.paths(level, statics)
    zero, one = (
        log_response(
            optics.transfer(bit, statics, arms), level, optics.code.weights, optics.modulus, bit
        )
        for bit in (0, 1)
    )
    return zero, added(zero, one)


def set_points(design: MultiplierDesign, code: DigitCode, level: Tensor) -> Tensor:
    """Set point of every drive in levels: (...) -> (..., 1) if digits share one, else (..., D).

    A drive of its own need only give ``weight · w`` modulo m.
    """
    level = level.unsqueeze(-1)
    if design.drive == "shared":
        return level
    return drive_level(level * torch.tensor(code.weights), code.modulus)


def drive_factors(design: MultiplierDesign, code: DigitCode) -> tuple[int, ...]:
    """Phase of each digit per level of its drive, in levels: the length of its section, signed."""
    return code.weights if design.drive == "shared" else (1,) * code.count


@lru_cache(maxsize=_KEPT)
def _optics(design: MultiplierDesign, modulus: int, wavelength_m: float) -> DigitOptics:
    return DigitOptics(
        design=design,
        code=design.code(modulus),
        wavelength_m=wavelength_m,
        section=unit_section(design, modulus),
        bypass_amplitude=_bends(design) if design.polarity == "zero-coupled" else 1.0,
    )


def unit_section(design: MultiplierDesign, modulus: int) -> Section:
    """The section that gives one level of phase per level of drive.

    Raises:
        InputError: if no drive of the shifter reaches the phase of a level.
    """
    dual, shared = all(design.rail_shares), design.rail_drive == "shared"
    return _section(design.shifter, modulus, dual, shared, design.dac)


@lru_cache(maxsize=_KEPT)
def _section(shifter: Shifter, modulus: int, dual: bool, shared: bool, dac: Dac | None) -> Section:
    levels = torch.arange(modulus) - modulus // 2
    level_rad = level_angle_rad(modulus)
    return Section.of(shifter, level_rad, levels, dual=dual, shared=shared, dac=dac)


def section_m(design: MultiplierDesign, modulus: int) -> list[float]:
    """Length of the shifter of every digit, on one rail."""
    unit_m = unit_section(design, modulus).shifter.length_m
    return [unit_m * abs(f) for f in drive_factors(design, design.code(modulus))]


def _bends(design: MultiplierDesign) -> float:
    """Field transmission of the bends of a bypass."""
    return loss_to_amplitude(2.0 * design.bend.loss_db)


def path_loss_db(design: MultiplierDesign, modulus: int, wavelength_m: float) -> list[list[float]]:
    """Loss in dB of each digit for bit 0 and bit 1, light on its intended path only: [D][2].

    Infinite where no light is left.
    """
    return [list(each) for each in DigitOptics.of(design, modulus, wavelength_m).loss_db]


def _pick(table: Tensor, index: Tensor) -> Tensor:
    """Entries of a table (..., D or 1, S or 1, V) at indices (..., D or 1, 1)."""
    shape = broadcast(table.shape[:-1], index.shape)
    wide = index.expand(shape).unsqueeze(-1)
    return torch.take_along_dim(table.expand(*shape, table.shape[-1]), wide, dim=-1).squeeze(-1)
