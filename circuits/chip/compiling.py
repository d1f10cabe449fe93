"""A fabricated, calibrated chip turned once into plain numbers, which everything below reads.

Engines, predicted error rates and floors take the result and know nothing else of a chip.  Above
this line stands what it is made from: the controller, which tries trims one after the other and
reads each through the same :func:`receivers`; the reference, which follows fields; and the
error budget, which puts one flaw at a time to its limit.  Before there is a chip, budgets of links
take the receivers as designed (:func:`circuits.receiver.by_design.receiver_by_design`).

Legend of shapes: U unit, R row, P place (unit, row, multiplier), L line (unit, row), V drive level,
J multiplier, D digit, S rail, Q quantity (log amplitude of rail +, of rail -, phase deviation),
B pair (I, Q), C coefficient of a hybrid.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace

import torch
from torch import Tensor

from circuits.chip.arrays import ModulusArrays
from circuits.chip.chip import Chip
from circuits.chip.expanding import expanded
from circuits.chip.file import chip_digest
from circuits.coding.phase_code import level_angle_rad
from circuits.compiled.arrays import CompiledArrays, CompiledChip
from circuits.compiled.digit_tables import DigitTables, grid_steps, on_grid
from circuits.compiled.drive_noise import DriveNoise
from circuits.compiled.row_wander import RowWander
from circuits.compiled.warm_digits import WarmDigits
from circuits.design.circuit import Design
from circuits.optics.digit import DigitStatics, digit_responses, set_points
from circuits.optics.hybrid import Hybrid
from circuits.optics.response import line_response
from circuits.receiver.by_design import receiver_by_design
from circuits.receiver.receiver import Receiver
from devices.heat.trimmer import wrapped_rad
from photonics.checks import instance_of
from photonics.errors import InputError
from photonics.optics import phasor

# Rounding the entries of a chain may turn its phase by this fraction of half a cell, rms.
_COARSEST = 0.02
# Error of a swing, in levels, by which the slope of a phase is found.
_SLOPE_LEVELS = 1e-3


def compile_chip(chip: Chip, wanders: Mapping[int, RowWander] | None = None) -> CompiledChip:
    """The chip as plain numbers: trims, drift, and light, gain and noise of its design included.

    Args:
        chip: raw or calibrated.
        wanders: how the rows of each modulus turn from step to step
            (:func:`circuits.control.wander.row_wanders`); none for a chip that stands still.

    Raises:
        InputError: if the deviations of the chip are so large that exact sums of them would round
            the phase too coarsely.
    """
    instance_of("chip", chip, Chip, "load a chip's file by load_chip")
    wanders = wanders or {}
    arrays = {m: compile_arrays(chip.arrays(m), chip.design, wanders.get(m)) for m in chip.moduli}
    return CompiledChip(chip.design.digest, chip_digest(chip), chip.shape, chip.seed, arrays)


def compile_arrays(
    arrays: ModulusArrays, design: Design, wander: RowWander | None = None
) -> CompiledArrays:
    """The arrays of one modulus as plain numbers; see :func:`compile_chip`."""
    turned_rad, noise = 0.0 if wander is None else wander.reach_rad, drive_noise(arrays)
    if noise is not None:
        turned_rad += noise.reach_rad
    tables = digit_tables(arrays, turned_rad)
    return CompiledArrays(tables, receivers(arrays, design), wander, noise)


def receivers(arrays: ModulusArrays, design: Design) -> Receiver:
    """The receivers of all places of the arrays of a modulus, (U, R), float64."""
    length = arrays.statics.drive_gain.shape[2]
    receiver = receiver_by_design(design, arrays.optics.modulus, length)
    if not arrays.hybrid.is_ideal:
        difference, total = coefficients(arrays.hybrid)
        receiver = replace(receiver, difference=difference, total=total)
    if arrays.receiver is not None:
        gain, offset = arrays.receiver.gain, arrays.receiver.offset
        receiver = replace(
            receiver,
            trim_gain=gain.movedim(-1, 0).contiguous(),
            trim_offset=offset.movedim((-2, -1), (0, 1)).contiguous(),
        )
    if arrays.converters is not None:
        receiver = replace(receiver, transitions=arrays.converters.transitions)
    return receiver


def coefficients(hybrid: Hybrid) -> tuple[Tensor, Tensor]:
    """α, β, Re γ and Im γ of the balanced differences and of the sums: (B, C, ...) each."""

    def stacked(parts: tuple[Tensor, Tensor, Tensor]) -> Tensor:
        alpha, beta, gamma = (x.movedim(-1, 0) for x in parts)
        return torch.stack((alpha, beta, gamma.real, gamma.imag), dim=1).contiguous()

    return stacked(hybrid.difference()), stacked(hybrid.total())


def digit_tables(arrays: ModulusArrays, turned_rad: float = 0.0) -> DigitTables:
    """Responses of the digits of all places at all drives, on a grid on which sums are exact.

    Args:
        arrays: of one modulus.
        turned_rad: most that may be added to the phase of a row later.

    Raises:
        InputError: if those sums would round the phase too coarsely.
    """
    optics, statics = arrays.optics, arrays.statics
    units, rows, length = statics.drive_gain.shape[:3]
    levels = torch.arange(optics.modulus) - optics.modulus // 2
    places = DigitStatics(*(x.flatten(0, 2).unsqueeze(1) for x in vars(statics).values()))
    zero, delta = digit_responses(optics, levels, places)
    in_front = line_response(arrays.input_field.flatten(0, 1))
    reach = length * (zero.abs().sum(2) + delta.abs().sum(2)).amax((0, 1))
    reach = reach + in_front.abs().amax(0)
    reach[2] += turned_rad
    # Heat moves what a multiplier does by no more than this; the factor is for its leaks.
    warmed = 2.0 * optics.code.count * arrays.heat_bound()
    step = grid_steps(reach + length * warmed)
    _refuse_coarse(step[2], length * optics.code.count, optics.modulus)
    grid = torch.tensor(step, dtype=torch.float64)
    warm = _warm_digits(arrays)
    heat = None if warm is None else expanded(warm, step)
    return DigitTables(
        modulus=optics.modulus,
        shape=(units, rows, length),
        digits=optics.code.count,
        table=on_grid(zero, delta, grid) if warm is None or heat is not None else None,
        input_response=(in_front / grid).round().to(torch.float32),
        step=step,
        heat=heat,
        warm=None if heat is not None else warm,
    )


def drive_noise(arrays: ModulusArrays) -> DriveNoise | None:
    """How noise of the drives turns multipliers; none for converters without."""
    optics, rms = arrays.optics, arrays.optics.drive_noise_rms
    if rms == 0.0:
        return None
    levels = torch.arange(optics.modulus) - optics.modulus // 2
    places = DigitStatics(*(x.flatten(0, 2).unsqueeze(1) for x in vars(arrays.statics).values()))
    _, rails = optics.converters
    each: list[list[Tensor]] = [[], []]
    for rail in torch.eye(rails, dtype=torch.float64):
        # One converter at a time: digits with one each do not see each other's.
        up, down = (
            digit_responses(optics, levels, places.with_drives_off(times * _SLOPE_LEVELS * rail))
            for times in (1.0, -1.0)
        )
        for found, above, below in zip(each, up, down, strict=True):
            found.append(wrapped_rad((above - below)[..., 2]) * (rms / (2.0 * _SLOPE_LEVELS)))
    base, added = (torch.stack(found) for found in each)
    if optics.design.drive == "shared":
        base = base.sum(-1, keepdim=True)
    units, rows, length = arrays.statics.drive_gain.shape[:3]
    return DriveNoise(optics.modulus, (units, rows, length), base.float(), added.float())


def _warm_digits(arrays: ModulusArrays) -> WarmDigits | None:
    """Digits whose response depends on the tile; none where nothing is warmed."""
    if arrays.heat is None:
        return None
    optics, statics = arrays.optics, arrays.statics
    levels = torch.arange(optics.modulus) - optics.modulus // 2
    points = set_points(optics.design, optics.code, levels)
    places = DigitStatics(*(x.unsqueeze(3) for x in vars(statics).values()))
    bypass_rad = optics.design.bypass_phase_rad + statics.bypass_phase_rad
    first, second = optics.design.rail_shares
    return WarmDigits(
        modulus=optics.modulus,
        weights=optics.code.weights,
        asked_rad=optics.drive_rad(optics.swing(points)).expand(-1, optics.code.count, -1),
        shifter=optics.shifter_field(levels, places),
        static_rad=statics.shifter_phase_rad,
        bypass=optics.bypass_amplitude * phasor(bypass_rad),
        switch_offset=statics.switch_offset,
        straight_shifter=optics.zero_coupled,
        multiplied=(first != 0.0, second != 0.0),
        switches=(optics.switch_numbers(0), optics.switch_numbers(1)),
        heat=arrays.heat.of_tiles,
    )


def _refuse_coarse(step_rad: float, entries: int, modulus: int) -> None:
    """Refuse tables whose rounding would decide readings of its own."""
    # Each of the entries and the base is rounded, uniformly within half a step.
    rms_rad = step_rad * math.sqrt(2 * entries / 12)
    if rms_rad > _COARSEST * level_angle_rad(modulus) / 2:
        raise InputError(
            "multiplier",
            f"{entries} digits modulo {modulus}",
            f"deviate so far that exact sums would round the phase by {rms_rad:.2g} rad",
            "lower index_rms, bypass_phase_rms_rad, bfp.group_size or what wanders in drift, or "
            "use field",
        )
