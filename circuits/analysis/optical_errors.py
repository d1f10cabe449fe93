"""Phase errors of the light, each for itself: what one flaw of a chip does to the data it gets.

Every flaw is put through the model alone: the digits of the chip with all flaws but one at their
limit, summed over the streamed bits like the whole.  A digit's phase is the sum of its flaws as
long as no light leaves its intended path; the leak is what the whole deviates beyond that.  So the
errors here add up to the deviation of the whole, reading by reading.

A rail without another of its kind for reference also shows what its switches and bypasses turn by
design.  It is counted once, under the static phases: the trimmers take up both together.

Legend of shapes: U unit, R row of an array, G tile, N streamed vector, M row of the tiles, J
multiplier in the row, D digit, S rail.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

import torch
import torch.nn.functional as F
from torch import Tensor

from circuits.analysis.workload import Light, Workload, wrapped
from circuits.chip.arrays import ModulusArrays, ThermalDrift
from circuits.chip.chip import Chip
from circuits.coding.phase_code import drive_level, level_angle_rad
from circuits.optics.digit import (
    DigitOptics,
    DigitStatics,
    digit_responses,
    set_points,
)
from circuits.optics.heat import ArrayHeat
from circuits.optics.response import line_response
from circuits.optics.tile_heat import ThermalShift
from photonics.switching import SwitchFields

STATIC = "static phases"
GAIN = "drive gain"
SHIFTER_GAIN = "shifter mismatch"
INL = "drive nonlinearity"
CODES = "drive codes"
HEAT_IN_ROW = "heat within a row"
HEAT_BETWEEN_ROWS = "heat between rows"
HEAT_ON_SWITCHES = "heat on switches"
LEAK = "coherent leak"
DRIFT_COMMON = "drift of the die"
DRIFT_RAILS = "drift between the rails"
SELF_HEATING = "rings heat themselves"
DRIFTS = (DRIFT_COMMON, DRIFT_RAILS, SELF_HEATING)


@dataclass(frozen=True)
class OpticalErrors:
    """What turns the phase of a workload's light.

    Attributes:
        intended: light without any phase error or leak: its amplitudes are those of the chip's
            intended paths since its calibration.
        turned_rad: phase error of every flaw alone, (G, N, M).
    """

    intended: Light
    turned_rad: dict[str, Tensor]


class _IntendedPaths(DigitOptics):
    """Digits of which no light takes the other path."""

    def switch_fields(self, bit: int, statics: DigitStatics) -> SwitchFields:
        straight, coupled = super().switch_fields(bit, statics)
        if self.couples(bit):
            return SwitchFields(torch.zeros_like(straight), coupled)
        return SwitchFields(straight, torch.zeros_like(coupled))


def optical_errors(chip: Chip, modulus: int, work: Workload) -> OpticalErrors:
    """Work out the light of a workload, whole and flaw by flaw.

    Raises:
        InputError: if the workload does not fit the chip.
    """
    work.check(chip.shape)
    arrays = _of_tiles(chip.with_trims(chip.trims).arrays(modulus), work.unit)
    optics = {f.name: getattr(arrays.optics, f.name) for f in fields(arrays.optics)}
    straight = replace(arrays, optics=_IntendedPaths(**optics))
    ideal_rad = level_angle_rad(modulus) * work.residue(modulus).double()
    warm = None if arrays.heat is None else _thermal_shift(arrays, work)
    whole, heat = _light(arrays, work, ideal_rad, warm), _heat(straight, work, warm)
    intended = cold = _light(straight, work, ideal_rad)
    if arrays.heat is not None and arrays.heat.switches is not None:
        # Unlike shifters, switches that are warmed lose light.
        intended = _light(straight, work, ideal_rad, warm)
    # Heat adds its phase to any other.
    straight_rad = cold.phase_rad + sum(heat.values())
    design_rad, codes_rad = _alone_rad(straight, work), _codes_rad(straight, work)
    static_rad = _alone_rad(
        straight, work, "shifter_phase_rad", "bypass_phase_rad", "switch_offset", in_front=True
    )
    drives = {GAIN: "drive_gain", SHIFTER_GAIN: "shifter_gain", INL: "drive_inl"}
    turned = {
        STATIC: wrapped(static_rad - codes_rad),
        CODES: wrapped(codes_rad),
        **{n: wrapped(_alone_rad(straight, work, x) - design_rad) for n, x in drives.items()},
        **heat,
        LEAK: wrapped(whole.phase_rad - straight_rad),
    }
    intended = replace(intended, phase_rad=ideal_rad)
    drift = chip.drifts.get(modulus)
    if drift is None:
        return OpticalErrors(intended, turned | dict.fromkeys(DRIFTS, _nothing(work)))
    drift = ThermalDrift(*(getattr(drift, f.name)[work.unit] for f in fields(drift)))
    for name, part in _parts(drift).items():
        moved = _light(part.applied(arrays), work, ideal_rad, warm)
        turned[name] = wrapped(moved.phase_rad - whole.phase_rad)
    return OpticalErrors(intended, turned)


def _parts(drift: ThermalDrift) -> dict[str, ThermalDrift]:
    """What the whole die, the difference between the rails, and the light of rings do of a drift.

    What pilots take back counts with the rails.
    """
    die = drift.switch_offset.mean(-1, keepdim=True).expand_as(drift.switch_offset)
    none = ThermalDrift(*(torch.zeros_like(x) for x in vars(drift).values()))
    rails = replace(
        drift,
        switch_offset=drift.switch_offset - die,
        self_heating_m=none.self_heating_m,
    )
    return {
        DRIFT_COMMON: replace(none, switch_offset=die),
        DRIFT_RAILS: rails,
        SELF_HEATING: replace(none, self_heating_m=drift.self_heating_m),
    }


def _of_tiles(arrays: ModulusArrays, unit: Tensor) -> ModulusArrays:
    """The optics of the arrays that tiles are on, one for each, in the order of the tiles."""
    heat = arrays.heat
    if heat is not None and heat.error is not None:
        heat = replace(heat, error=heat.error[unit])
    return replace(
        arrays,
        statics=arrays.statics.at(unit),
        input_field=arrays.input_field[unit],
        heat=heat,
    )


def _light(
    arrays: ModulusArrays, work: Workload, ideal_rad: Tensor, warm: ThermalShift | None = None
) -> Light:
    """Light of a workload on arrays of its tiles, in FP64; its phase counts from an ideal one.

    ``warm`` is what heaters do; none where there are none, or with them off.
    """
    rows = slice(0, work.drives.shape[1])
    statics = arrays.statics.at(slice(None), rows)
    if warm is not None:
        statics = statics.with_heat(warm.apply(lambda part: part[:, rows]))
    in_front = line_response(arrays.input_field[:, rows])
    plus, minus, deviation = (_responses(arrays, statics, work) + in_front[:, None]).unbind(-1)
    return Light(plus, minus, deviation + ideal_rad)


def _responses(arrays: ModulusArrays, statics: DigitStatics, work: Workload) -> Tensor:
    """Sums over digits of rows with given deviations, (G, N, M, Q), float64."""
    optics = arrays.optics
    level = drive_level(work.drives.long(), optics.modulus)
    at_rest, added = digit_responses(optics, level, statics)
    bits = optics.code.digits(work.streamed.long()).flatten(-2).double()
    moved = torch.einsum("np,gmpq->gnmq", bits, added.flatten(2, 3))
    return at_rest.sum((2, 3))[:, None] + moved


def _alone_rad(
    straight: ModulusArrays,
    work: Workload,
    *kept: str,
    in_front: bool = False,
    warm: ThermalShift | None = None,
) -> Tensor:
    """Phase between the rails beyond the ideal one, all flaws but some at zero: (G, N, M)."""
    statics, rows = straight.statics, slice(0, work.drives.shape[1])
    zero = {f.name: torch.zeros_like(getattr(statics, f.name)) for f in fields(statics)}
    flaws = DigitStatics(**(zero | {name: getattr(statics, name) for name in kept}))
    flaws = flaws.at(slice(None), rows)
    if warm is not None:
        flaws = flaws.with_heat(warm.apply(lambda part: part[:, rows]))
    phase_rad = _responses(straight, flaws, work)[..., 2]
    if in_front:
        phase_rad = phase_rad + line_response(straight.input_field[:, rows])[:, None, :, 2]
    return phase_rad


def _codes_rad(arrays: ModulusArrays, work: Workload) -> Tensor:
    """Phase that the codes of the drives leave, whatever the chip, (G, N, M)."""
    optics = arrays.optics
    points = set_points(optics.design, optics.code, drive_level(work.drives.long(), optics.modulus))
    off = optics.section.rounding[points + optics.modulus // 2]
    each = level_angle_rad(optics.modulus) * off * optics.factors
    bits = optics.code.digits(work.streamed.long()).flatten(-2).double()
    return bits @ each.flatten(2).transpose(1, 2)


def _heat(arrays: ModulusArrays, work: Workload, warm: ThermalShift | None) -> dict[str, Tensor]:
    """Phase error of shifters by heaters of their own row, by those of others, and of switches.

    ``warm`` is what all heaters do to everything.

    Light on its intended path meets the shifter of every digit that is 1.
    """
    heat, rows = arrays.heat, work.drives.shape[1]
    if heat is None:
        return dict.fromkeys((HEAT_IN_ROW, HEAT_BETWEEN_ROWS, HEAT_ON_SWITCHES), _nothing(work))
    bits = arrays.optics.code.digits(work.streamed.long()).flatten(-2).double()
    multiplied = torch.tensor([float(share != 0.0) for share in arrays.optics.design.rail_shares])
    sign = multiplied.double() * torch.tensor([1.0, -1.0], dtype=torch.float64)

    def turned(heaters: ArrayHeat) -> Tensor:
        thermal_shift = _thermal_shift(replace(arrays, heat=heaters), work)
        return bits @ (thermal_shift.shifter_rad @ sign)[:, :rows].flatten(2).transpose(1, 2)

    shifters = replace(heat, switches=None)
    own, every = turned(_own_row(shifters)), turned(shifters)
    on_switches = _nothing(work)
    if heat.switches is not None:
        cold_rad, warm_rad = (
            _alone_rad(arrays, work, "switch_offset", warm=shift) for shift in (None, warm)
        )
        on_switches = wrapped(warm_rad - cold_rad - every)
    return {HEAT_IN_ROW: own, HEAT_BETWEEN_ROWS: every - own, HEAT_ON_SWITCHES: on_switches}


def _thermal_shift(arrays: ModulusArrays, work: Workload) -> ThermalShift:
    """What the heaters do to all rows of the arrays of tiles, (G, R, J, D, S)."""
    array = arrays.statics.drive_gain.shape[1]
    level = drive_level(work.drives.long(), arrays.optics.modulus)
    level = F.pad(level, (0, 0, 0, array - level.shape[1]))
    thermal_shift = arrays.thermal_shift(level, torch.arange(len(level)))
    assert thermal_shift is not None
    return thermal_shift


def _nothing(work: Workload) -> Tensor:
    """No phase error, (G, N, M)."""
    return torch.zeros(work.shape, dtype=torch.float64)


def _own_row(heat: ArrayHeat) -> ArrayHeat:
    """Heaters that warm those of their own row only."""
    layout, error = heat.layout, heat.error
    if error is not None:
        window = heat.kernel.shape[1:4]
        error = error.unflatten(2, window)[:, :, :, layout.reach_rows].flatten(2, 3)
    return replace(heat, layout=layout.changed({"reach_rows": 0}), error=error)
