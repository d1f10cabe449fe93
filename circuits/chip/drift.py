"""A chip some time after its calibration: warmer as a whole, and one rail more than the other.

Every switch moves with the temperature of its rail, so a coupled digit turns by the slope of two
resonances; the guides of a rail turn by their thermo-optic phase.  What both rails do alike drops
out of their difference.  The reference arm of a single rail has no switches, but a line of guide
that delays as they do: it warms with the die, and turns as they do.

Legend of shapes: U unit, R row, S rail.
"""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor

from circuits.chip.arrays import ThermalDrift
from circuits.chip.chip import Chip
from circuits.chip.self_heat import self_heating_m
from circuits.design.circuit import Design
from circuits.optics.chain_delay import ChainDelay
from circuits.optics.digit import section_m
from photonics.checks import instance_of
from photonics.dispersion import group_delay_s, thermal_phase_rad_per_k
from photonics.random import NoiseKey, require_key


def drifted(chip: Chip, key: NoiseKey | None = None) -> Chip:
    """The chip at temperatures drawn by its design's ``drift``, its trims as they were.

    Args:
        chip: raw or calibrated; earlier drift is replaced.
        key: names the draw; by default that of the chip's seed.
    """
    drift = instance_of("chip", chip, Chip).design.drift
    cold = drift.common_rms_k == 0.0 and drift.rail_rms_k == 0.0
    if cold and drift.heat_data == "calibration":
        return replace(chip, drifts={})
    root = require_key(key) if key is not None else NoiseKey.from_seed(chip.seed).fold("drift")
    die_k = drift.common_rms_k * root.fold("die").normal(0, 1)
    units, rows = chip.shape.units, chip.shape.rows
    drifts = {}
    for modulus in chip.moduli:
        normals = root.fold(modulus, "rails").normal(0, units * rows)
        rail_k = drift.rail_rms_k * normals.reshape(units, rows)
        warm = at_temperatures(chip, modulus, die_k.expand(units, rows), rail_k)
        drifts[modulus] = replace(warm, self_heating_m=self_heating_m(chip, modulus))
    return replace(chip, drifts=drifts)


def at_temperatures(chip: Chip, modulus: int, common_k: Tensor, rail_k: Tensor) -> ThermalDrift:
    """Drift of the arrays of a modulus that warm by given temperatures, nothing tracked.

    Args:
        chip: gives the design and the length of its rows.
        modulus: m.
        common_k: mean of both rails of each row, K, (U, R).
        rail_k: by how much rail + is warmer than rail -, K, (U, R).
    """
    per_k = chip.design.multiplier.switch.offset_per_k(chip.design.laser.wavelength_m)
    half_k = rail_k / 2.0
    digits = chip.design.multiplier.code(modulus).count
    both_per_k, apart_per_k = rails_rad_per_k(chip.design, modulus, chip.shape.length)
    return ThermalDrift(
        switch_offset=per_k * torch.stack((common_k + half_k, common_k - half_k), dim=-1),
        rail_rad=both_per_k * common_k + apart_per_k * rail_k,
        self_heating_m=rail_k.new_zeros(*rail_k.shape, chip.shape.length, digits, 2, 2),
        tracked_rad=torch.zeros_like(rail_k),
        tracked_digit_rad=rail_k.new_zeros(*rail_k.shape, chip.shape.length, digits),
    )


def guide_lengths_m(design: Design, modulus: int, length: int) -> tuple[float, float]:
    """Length of guide in a rail: of the sections of all its digits, and of their switches."""
    multiplier = design.multiplier
    switches_m = 2.0 * multiplier.switch.guide_m * multiplier.code(modulus).count
    return length * sum(section_m(multiplier, modulus)), length * switches_m


def guide_rad_per_k(design: Design, modulus: int, length: int) -> float:
    """Phase of a rail per kelvin, what moves its switches left out: (2π/λ) Σ (dn/dT) L."""
    multiplier, light_m = design.multiplier, design.laser.wavelength_m
    sections_m, switches_m = guide_lengths_m(design, modulus, length)
    return sum(
        thermal_phase_rad_per_k(part.index_per_k, each_m, light_m)
        for part, each_m in ((multiplier.shifter, sections_m), (multiplier.switch, switches_m))
    )


def rails_rad_per_k(design: Design, modulus: int, length: int) -> tuple[float, float]:
    """Phase of rail + over rail - per kelvin of both, and between them, switches left out.

    The line in the reference arm of a single rail is of the guide of the switches.
    """
    multiplier, rail_rad = design.multiplier, guide_rad_per_k(design, modulus, length)
    if multiplier.rails == "dual":
        return 0.0, rail_rad
    switch, line_s = multiplier.switch, ChainDelay(design, modulus, length).line_s
    line_m = line_s / group_delay_s(switch.group_index, 1.0)
    line_rad = thermal_phase_rad_per_k(switch.index_per_k, line_m, design.laser.wavelength_m)
    return rail_rad - line_rad, 0.5 * (rail_rad + line_rad)
