r"""How the rows of a chip wander: derivatives of their phases, and what pilots see of them.

A kelvin moves all switches of a rail and turns its guides, as drift does
(:mod:`circuits.chip.drift`).  Light whose frequency rises by δν meets resonances that lie further
to the red of it, by ``δν λ²/c``, and is turned by ``2π τ δν`` more on the rail that is late by τ.

Derivatives are of phases alone.  Resonances that have moved dim the light, too, by the square of
what they moved over the linewidth, and that turns no reading; where it is more than a little,
wander is refused.

Legend of shapes: W quantity (K of the die, K between the rails, Hz of the laser), K move (of either
rail, then half the square of either), P place (unit, row, multiplier), L line (unit, row), J
multiplier, D digit, S rail, V drive level.
"""

from __future__ import annotations

import math
from dataclasses import replace

import torch
from torch import Tensor

from circuits.chip.arrays import ModulusArrays
from circuits.chip.chip import Chip
from circuits.chip.drift import rails_rad_per_k
from circuits.compiled.row_wander import PilotTracking, RowWander
from circuits.control.pilots import pilot_view
from circuits.design.calibration import Drift
from circuits.design.circuit import Design
from circuits.optics.chain_delay import ChainDelay
from circuits.optics.digit import DigitStatics, digit_responses
from devices.heat.trimmer import wrapped_rad
from photonics.checks import instance_of
from photonics.errors import InputError
from photonics.switching import moved
from photonics.units import SPEED_OF_LIGHT_M_PER_S

# Move of the switches, over the way between their states, by which derivatives are found.
_SLOPE = 1e-3
# Change of the amplitude of a row that a receiver hardly sees.
_MOST_NEPERS = 0.2


def row_wanders(chip: Chip) -> dict[int, RowWander]:
    """How the rows of each modulus wander as ``design.drift`` says; empty where nothing does.

    Args:
        chip: as it stands at the start, calibrated and tracked or not.

    Raises:
        InputError: if the light of a row would change by more than a little.
    """
    drift = instance_of("chip", chip, Chip).design.drift
    return {m: _row_wander(chip, m) for m in chip.moduli} if drift.wanders else {}


def _row_wander(chip: Chip, modulus: int) -> RowWander:
    drift, shape = chip.design.drift, chip.shape
    arrays, switch = chip.arrays(modulus), chip.design.multiplier.switch
    offset, rail_rad = per_unit(chip.design, modulus, shape.length)
    _refuse_dim(arrays, drift, torch.tensor(drift.wander_rms) * offset[:, 0])
    base_rad, digit_rad = _derivatives(arrays, switch.swing)
    pilots = None
    if drift.pilot_period_steps:
        lines = shape.units * shape.rows
        # Pilots meet many drives, and see their mean.
        row_rad, each_rad = (x.mean(2).unflatten(1, (lines, -1)) for x in (base_rad, digit_rad))
        share, covariance_rad2 = pilot_view(chip, modulus)
        seen_rad = each_rad.flatten(2) @ share.T
        seen_rad[..., 0] += row_rad.sum(-1)
        noise_rad = torch.linalg.cholesky(covariance_rad2)
        step_rad = chip.design.calibration.trimmer.lsb_rad
        pilots = PilotTracking(drift.pilot_period_steps, seen_rad, noise_rad, step_rad)
    return RowWander(
        modulus=modulus,
        shape=(shape.units, shape.rows, shape.length),
        rms=drift.wander_rms,
        correlation_steps=tuple(s / drift.step_s for s in drift.wander_s),
        switch_offset=offset,
        rail_rad=rail_rad,
        base_rad=base_rad.float(),
        digit_rad=digit_rad.float(),
        pilots=pilots,
    )


def per_unit(design: Design, modulus: int, length: int) -> tuple[Tensor, Tensor]:
    """Move of the switches of either rail, (W, S), and phase of rail + over rail -, (W,), per unit.

    The phase is that of guides alone.  Switches whose deviation is a phase do not move with the
    frequency: their arms are of one length.
    """
    switch, wavelength_m = design.multiplier.switch, design.laser.wavelength_m
    per_hz = wavelength_m**2 / SPEED_OF_LIGHT_M_PER_S if switch.offset_unit == "m" else 0.0
    per_k = switch.offset_per_k(wavelength_m)
    offset = [[per_k, per_k], [per_k / 2.0, -per_k / 2.0], [per_hz, per_hz]]
    late_rad = 2.0 * math.pi * _late_s(design, modulus, length)
    rail_rad = [*rails_rad_per_k(design, modulus, length), late_rad]
    return torch.tensor(offset, dtype=torch.float64), torch.tensor(rail_rad, dtype=torch.float64)


def _late_s(design: Design, modulus: int, length: int) -> float:
    """By how much rail + is late on the reference, resonances left out."""
    mismatch_s = design.receiver.rail_mismatch_s
    if design.multiplier.rails == "dual":
        return mismatch_s
    chain = ChainDelay(design, modulus, length)
    return length * float(chain.guide_s.sum()) - chain.line_s + mismatch_s


def _derivatives(arrays: ModulusArrays, swing: float) -> tuple[Tensor, Tensor]:
    """Phase of multipliers of 0 (K, P, V), and what each digit of 1 adds (K, P, V, D), per move."""
    still, step = _responses(arrays, 0.0, 0.0), _SLOPE * swing
    up, down = (
        torch.stack(
            [
                wrapped_rad((_responses(arrays, *by) - still)[..., 2])
                for by in ((side, 0.0), (0.0, side))
            ]
        )
        for side in (step, -step)
    )
    # The phase between the rails is that of one less that of the other: nothing goes with both.
    zero, added = torch.cat(((up - down) / (2.0 * step), (up + down) / step**2)).unbind(1)
    return zero.sum(-1), added


def _refuse_dim(arrays: ModulusArrays, drift: Drift, move: Tensor) -> None:
    """Refuse wander by which the amplitude of rows changes more than a little.

    Args:
        arrays: of one modulus.
        drift: what wanders.
        move: of the switches by the rms of each quantity, (W,).

    Raises:
        InputError: naming what moves the switches most.
    """
    # Away from the start, the variance is twice that about the mean.
    away = math.sqrt(2.0) * float(move.norm())
    change = _responses(arrays, away, away) - _responses(arrays, 0.0, 0.0)
    zero, added = change[..., :2].mean((1, 2)).sum(1)
    nepers = arrays.statics.drive_gain.shape[2] * float((zero + added / 2.0).abs().max())
    if nepers > _MOST_NEPERS:
        field = ("common_wander_rms_k", "rail_wander_rms_k", "laser_wander_rms_hz")[move.argmax()]
        allowed = (
            f"changes the amplitude of a row by {nepers:.2g} Np rms, and is to turn its phase "
            f"alone, up to {_MOST_NEPERS:g} Np"
        )
        raise InputError(f"drift.{field}", getattr(drift, field), allowed, "lower it")


def _responses(arrays: ModulusArrays, first: float, second: float) -> Tensor:
    """Responses of all places and drives with the switches of either rail moved.

    Those of bits 0, and what bit 1 adds: (2, P, V, D, log amplitudes and phase).
    """
    optics = arrays.optics
    levels = torch.arange(optics.modulus) - optics.modulus // 2
    places = DigitStatics(*(x.flatten(0, 2).unsqueeze(1) for x in vars(arrays.statics).values()))
    by = torch.tensor([first, second], dtype=torch.float64)
    offset = moved(places.switch_offset, by[:, None])
    return torch.stack(digit_responses(optics, levels, replace(places, switch_offset=offset)))
