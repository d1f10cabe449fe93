"""Price of what handles light, from a machine's own parts: laser, switches, shifters, trimmers."""

from __future__ import annotations

import math

import torch

from circuits.chip.chip import fabricate
from circuits.coding.array_shape import ArrayShape
from circuits.control.cost import TrimmerCost
from circuits.control.expected_trims import expected_trims
from circuits.optics.digit import DigitOptics
from devices.electronics.dac import Dac
from mirage_core.cost.component import Component
from mirage_core.cost.converter_law import SPREAD
from mirage_core.machine.config import MachineConfig

DAC_SAMPLES_PER_S, DAC_MM2 = 20e9, 0.072
"""Of the cited converter."""

# Square metres to square millimetres.
_MM2 = 1e6
# Multipliers of each modulus whose trimmers stand for all.
_SAMPLE = 256


def optical_parts(machine: MachineConfig) -> dict[str, Component]:
    """Components by name; each sums over all moduli, units and rows."""
    return {
        "laser": _laser(machine),
        "switch drive": _switch_drive(machine),
        "switch trimmers": _switch_trimmers(machine),
        "phase trimmers": _phase_trimmers(machine),
        "shifters": _shifters(machine),
        "shifter charging": _charging(machine),
        "DAC": _dac(machine),
    }


def _optics(machine: MachineConfig) -> list[DigitOptics]:
    design = machine.design
    wavelength_m = design.laser.wavelength_m
    moduli = machine.all_moduli.moduli
    return [DigitOptics.of(design.multiplier, m, wavelength_m) for m in moduli]


def _rows(machine: MachineConfig) -> int:
    """Rows of one modulus."""
    return machine.array.units * machine.array.rows


def _switches(machine: MachineConfig) -> int:
    """Switches of one row of all moduli: two for each digit on each rail that has multipliers."""
    rails = machine.design.multiplier.multiplied_rails
    digits = sum(optics.code.count for optics in _optics(machine))
    return 2 * rails * digits * machine.bfp.group_size


def _laser(machine: MachineConfig) -> Component:
    design = machine.design
    optical_w = sum(design.row_power_w(m) for m in machine.all_moduli.moduli)
    return Component(
        power_w=optical_w * _rows(machine) / design.laser.wall_plug_efficiency,
        # From 10 to 30 % at the wall plug.
        low=2.0 / 3.0,
        high=2.0,
        status="derived",
        source="laser.power_w of every row over laser.wall_plug_efficiency",
    )


def _switch_drive(machine: MachineConfig) -> Component:
    switch, wavelength_m = machine.design.multiplier.switch, machine.design.laser.wavelength_m
    change_j = switch.change_energy_j(wavelength_m)
    return Component(
        action="symbols",
        # A digit of random data changes every other time.
        energy_j=0.5 * change_j * _switches(machine) * machine.array.rows,
        low=0.1,
        high=2.0,
        status="derived",
        source="half of all switches of an array change with a symbol, ½ C V² each; from a tenth "
        "of that for sparse data to all of them",
    )


def _switch_trimmers(machine: MachineConfig) -> Component:
    switch = machine.design.multiplier.switch
    hold_w = 0.5 * sum(switch.hold_power_w(coupled=state) for state in (False, True))
    count = _switches(machine) * _rows(machine)
    return Component(
        power_w=hold_w * count,
        area_mm2=_MM2 * switch.area_m2 * count,
        low=0.5,
        high=2.0,
        status="derived",
        source="mean over both states of every switch, trimmers at half of their range; area of "
        "the switches, trimmers included",
    )


def _phase_trimmers(machine: MachineConfig) -> Component:
    calibration = machine.design.calibration
    if calibration.policy == "none":
        return Component(status="derived", source="none: calibration.policy is none")
    sample = _sample_trimmers(machine)
    # For each digit, in front of each row, and in each hybrid.
    count = sample.count * _rows(machine) // _sample_rows(machine)
    each_w = sample.power_w / sample.count
    turn_w = 2.0 * math.pi * calibration.trimmer.power_w_per_rad
    turns = f"{each_w / turn_w:.2f} turns each on the mean, " if turn_w else ""
    return Component(
        power_w=each_w * count,
        area_mm2=_MM2 * calibration.trimmer.total_area_m2(count),
        low=0.5,
        high=2.0,
        status="derived",
        source=f"{count:,} trimmers of calibration.trimmer, {turns}as "
        f"a controller sets the first rows of chip {machine.chip_seed}",
    )


def _sample_rows(machine: MachineConfig) -> int:
    """Rows of a unit that stand for all: more would tell the mean no better than to 1 %."""
    return min(machine.array.rows, max(1, _SAMPLE // machine.bfp.group_size))


def _sample_trimmers(machine: MachineConfig) -> TrimmerCost:
    """Trimmers of the sample of rows."""
    moduli, length = machine.all_moduli.moduli, machine.bfp.group_size
    shape = ArrayShape(units=1, rows=_sample_rows(machine), length=length)
    chip = fabricate(machine.design, moduli, shape, machine.chip_seed)
    return TrimmerCost.of_chip(chip.with_trims({m: expected_trims(chip, m) for m in moduli}))


def _shifters(machine: MachineConfig) -> Component:
    rails, length = machine.design.multiplier.multiplied_rails, machine.bfp.group_size
    hold_w = area_m2 = 0.0
    for optics in _optics(machine):
        section, sections = optics.section, float(optics.factors.abs().sum()) * length
        held = section.shifter.hold_power_w(_drives(optics)).mean(0).sum()
        hold_w += sections * float(held)
        area_m2 += sections * rails * section.shifter.area_m2
    count = _rows(machine)
    return Component(
        power_w=hold_w * count,
        area_mm2=_MM2 * area_m2 * count,
        low=0.5,
        high=2.0,
        status="derived",
        source="what holds the drives, on the mean over all levels; area of length times width",
    )


def _charging(machine: MachineConfig) -> Component:
    energy_j = 0.0
    for optics in _optics(machine):
        drives = _drives(optics)
        each = optics.section.shifter.change_energy_j(drives[:, None], drives[None, :])
        energy_j += float(optics.factors.abs().sum()) * float(each.mean((0, 1)).sum())
    return Component(
        action="drives",
        energy_j=energy_j,
        high=4.0,
        status="derived",
        source="½ ΔQ ΔV of all sections of a multiplier, from any level to any other",
    )


def _drives(optics: DigitOptics) -> torch.Tensor:
    """Drive of the sections of both rails at every level, (V, S)."""
    section = optics.section
    low, high = section.shifter.drive_range
    signs = torch.tensor([1.0, -1.0], dtype=torch.float64)
    swings = section.swing.expand(-1, 2)
    drives: torch.Tensor = (section.bias + swings * section.step * signs).clamp(low, high)
    return drives[:, : optics.design.multiplied_rails]


def _dac(machine: MachineConfig) -> Component:
    energy_j, told, drives = 0.0, set[str](), 0
    for optics in _optics(machine):
        converter = _converter(optics)
        energy_j += math.prod(optics.converters) * converter.energy_j
        drives += math.prod(optics.converters) * machine.bfp.group_size * _rows(machine)
        told.add(f"{converter.bits} bits")
    turns = max(int(DAC_SAMPLES_PER_S * machine.design.multiplier.load_s), 1)
    count = -(-drives // turns)
    return Component(
        action="drives",
        energy_j=energy_j,
        area_mm2=DAC_MM2 * count,
        low=1.0 / SPREAD,
        high=SPREAD,
        node="65 nm",
        status="derived",
        source=f"106 fJ times 2^bits, {', '.join(sorted(told))} (Kim, TCAS-II 2018, as cited in "
        "arXiv 2311.17323), for every value that a tile holds; a drive that is trimmed to a "
        f"share of a level has the bits of that share; {count:,} converters take turns at 20 GS/s "
        "while tiles are loaded",
    )


def _converter(optics: DigitOptics) -> Dac:
    """The converter of a drive; one without steps has the bits of what its trimming leaves.

    Steps err by their length over √12.
    """
    design = optics.design
    if design.dac is not None:
        return design.dac
    left = design.drive_inl_rms
    bits = optics.code.count
    if left > 0.0:
        bits = math.ceil(math.log2(optics.modulus / (left * math.sqrt(12.0))))
    return Dac(bits=min(max(bits, 2), 16))
