"""Pilot symbols: products whose answer is known, by which the phase of a row is tracked.

Between calibrations the rails of a row warm unequally.  Its guides then turn every reading alike,
and its rings turn it with every digit that couples: pilots with few ones and with many show both,
and the row's trimmer and those of its digits take them out.

Legend of shapes: N pilot, U unit, R row, L = U·R line, J multiplier, D digit.
"""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor

from circuits.chip.chip import Chip
from circuits.coding.phase_code import drive_level
from circuits.compiled.row_wander import in_steps
from circuits.control.interface import ControllerInterface, ProbeSequence
from circuits.control.plan import PILOTS_PER_LOAD, pilot_loads
from devices.heat.trimmer import Trimmer, wrapped_rad
from photonics.checks import instance_of
from photonics.random import NoiseKey, require_key


def tracked(chip: Chip, key: NoiseKey | None = None) -> Chip:
    """The chip with its rows set back by what ``design.drift.pilots`` pilots show.

    Args:
        chip: one that has drifted; others are returned as they are.
        key: of the pilots and of the noise; by default one of the chip's own.
    """
    count = instance_of("chip", chip, Chip).design.drift.pilots
    if count == 0 or not chip.drifts:
        return chip
    root = require_key(key) if key is not None else NoiseKey.from_seed(chip.seed).fold("pilots")
    drifts = {}
    for modulus, drift in chip.drifts.items():
        interface = ControllerInterface(chip, modulus, root.fold(modulus, "readings"))
        probes = pilot_probes(interface, count, root.fold(modulus))
        trims = chip.trims.get(modulus) or chip.untrimmed(modulus)
        seen = interface.read(trims, probes)
        sent_rad = interface.ideal_rad(probes)
        error_rad = wrapped_rad(torch.atan2(seen[..., 1], seen[..., 0]) - sent_rad[:, None])
        row_rad, digit_rad = (
            x.reshape(drift.rail_rad.shape) for x in _fit(interface, probes, error_rad)
        )
        trimmer = chip.design.calibration.trimmer
        drifts[modulus] = replace(
            drift,
            tracked_rad=_set_back(trimmer, trims.row_rad, drift.tracked_rad, row_rad),
            tracked_digit_rad=_set_back(
                trimmer,
                trims.digit_rad,
                drift.tracked_digit_rad,
                in_steps(digit_rad, trimmer.lsb_rad, trims.digit_rad.shape[2:].numel()).view_as(
                    trims.digit_rad
                ),
            ),
        )
    return replace(chip, drifts=drifts)


def _set_back(trimmer: Trimmer, set_rad: Tensor, before_rad: Tensor, by_rad: Tensor) -> Tensor:
    """Phase by which trimmers in all stand below what calibration set, on their steps."""
    wanted_rad = set_rad - before_rad - by_rad
    return wrapped_rad(set_rad - trimmer.setting(wanted_rad, saturate=True).phase_rad)


def _fit(
    interface: ControllerInterface, probes: ProbeSequence, error_rad: Tensor
) -> tuple[Tensor, Tensor]:
    """Phase of a row, and phase of each one among its digits, (L,), by weighted least squares."""
    columns, variance_rad2 = _fitted(interface, probes)
    weight = variance_rad2.rsqrt()[:, None]
    found = torch.linalg.lstsq(weight * columns, weight * error_rad).solution
    return found[0], found[1]


def _fitted(interface: ControllerInterface, probes: ProbeSequence) -> tuple[Tensor, Tensor]:
    """What multiplies the phase of a row and of each one, (N, 2), and variance of pilots, (N,)."""
    ones = probes.bits.sum((1, 2)).to(torch.float64)
    variance_rad2 = interface.known(probes).variance_rad2 + interface.leak_rad2(probes.bits)
    return torch.stack((torch.ones_like(ones), ones), dim=1), variance_rad2


def pilot_view(chip: Chip, modulus: int) -> tuple[Tensor, Tensor]:
    """What the pilots of :func:`tracked` find of rows whose digits all turn by phases of their own.

    Returns:
        Share of the phase of each digit of 1 in what they find of a row and of a mean digit,
        (2, J·D), and the covariance of the two by the noise and the leaks of readings, rad² (2, 2).
    """
    root = NoiseKey.from_seed(chip.seed).fold("pilots")
    interface = ControllerInterface(chip, modulus, root.fold(modulus, "readings"))
    probes = pilot_probes(interface, chip.design.drift.pilots, root.fold(modulus))
    columns, variance_rad2 = _fitted(interface, probes)
    weighed = columns.T / variance_rad2
    covariance_rad2 = torch.linalg.inv(weighed @ columns)
    return covariance_rad2 @ weighed @ probes.bits.flatten(1).to(torch.float64), covariance_rad2


def pilot_probes(interface: ControllerInterface, count: int, key: NoiseKey) -> ProbeSequence:
    """Digits of every density on uniform drives, each set of drives for a few pilots.

    The row trimmer dithers them, so that no reading hangs on one step of the converters.
    """
    code, length = interface.gain.code, interface.shape.length
    loads = pilot_loads(count)
    density = (torch.arange(count, dtype=torch.float64) * 0.6180339887 % 1.0).view(-1, 1, 1)
    chance = key.fold("digits").uniform(0, count * length * code.count)
    drives = (key.fold("drives").uniform(0, loads * length) * interface.modulus).long()
    return ProbeSequence(
        bits=(chance.view(count, length, code.count) < density).long(),
        level=drive_level(drives.view(loads, length), interface.modulus),
        load=torch.arange(count) // PILOTS_PER_LOAD,
        dither_rad=2.0 * torch.pi * key.fold("dither").uniform(0, count),
        gain_boost=torch.ones(count, dtype=torch.float64),
    )
