"""Machines, data and readings for the tests of the error budget."""

from __future__ import annotations

import math
from dataclasses import replace

import torch

from circuits.analysis.error_budget import ErrorBudget, error_budget
from circuits.analysis.optical_errors import optical_errors
from circuits.analysis.receiver_errors import Reception
from circuits.analysis.workload import Workload
from circuits.chip.chip import Chip, fabricate
from circuits.chip.compiling import compile_chip, digit_tables
from circuits.chip.trims import Trims
from mirage_core import load_machine
from mirage_core.arithmetic.rns import ModuliSet
from mirage_core.engines import CompactEngine, Operands
from mirage_core.engines.probe import Probe
from mirage_core.machine.config import MachineConfig
from photonics.random import NoiseKey
from tests.machines import of_size, together

UNITS, ROWS = 2, 16
SIZE = of_size(UNITS, ROWS)
# Lossy bends and a real band on otherwise ideal parts: amplitudes depend on the data.
LOSSY = (*SIZE, "moduli=[31, 32, 33]", "multiplier.bend.loss_db=0.05", "clock_hz=1e9")

# Spreads as small as calibration leaves them.
TRIMMED = (
    *SIZE,
    "multiplier.coherence_length_m=339.0",
    "multiplier.index_rms=0",
    "multiplier.bypass_phase_rms_rad=0.02",
    "multiplier.drive_gain_rms=2e-5",
    # Steps of half a picometre, and readings that do not count.
    "multiplier.switch.trimmer.bits=14",
    "multiplier.switch.trimmer.reads=1000000",
    "receiver.hybrid.splitter.imbalance_rms_db=0",
    "receiver.hybrid.coupler.imbalance_rms_db=0",
    "receiver.hybrid.quadrature_rms_rad=0",
    "receiver.hybrid.responsivity_rms=0",
)


def machine(name: str, *overrides: str) -> MachineConfig:
    return load_machine(name, together(LOSSY if name == "isca2024-ideal" else (), overrides))


def chip_of(made: MachineConfig, *moduli: int) -> Chip:
    """The machine's own chip, as it leaves the fab; arrays of some moduli alone are the same."""
    named = moduli or made.all_moduli.moduli
    return fabricate(made.design, named, made.array_shape, made.chip_seed)


def workload(vectors: int = 400, top: int = 15) -> Workload:
    """Integers of both signs, mostly small; the arrays' drives are uniform."""
    key = NoiseKey.from_seed(5)
    normal = key.fold("streamed").normal(0, vectors * 16).reshape(vectors, 16)
    uniform = key.fold("drives").uniform(0, UNITS * ROWS * 16).reshape(UNITS, ROWS, 16)
    streamed = (5.0 * normal).round().clamp(-top, top).long()
    drives = (uniform * (2 * top + 1)).long() - top
    return Workload(streamed, drives, torch.arange(UNITS))


def operands(work: Workload) -> Operands:
    streamed = work.streamed.short().expand(len(work.drives), -1, -1)
    return Operands(work.drives.short(), streamed, max_dot=16 * 15 * 15)


def budget_of(made: MachineConfig, work: Workload, modulus: int) -> ErrorBudget:
    return error_budget(chip_of(made, modulus), modulus, work)


def measured(chip: Chip, work: Workload, modulus: int, seed: int = 0) -> torch.Tensor:
    """I + iQ before the converters, (G, N, M), and turned back by the phase they should have."""
    count = work.drives[:, :, 0].numel() * len(work.streamed)
    probe = Probe(limit=count)
    engine = CompactEngine(compile_chip(chip), ModuliSet((modulus,)), probe)
    list(engine.blocks(operands(work), NoiseKey.from_seed(seed)))
    in_phase, quadrature, sent, _ = probe.samples[modulus].double()
    ratio = torch.complex(in_phase, quadrature)
    back = torch.polar(torch.ones_like(sent), -2.0 * math.pi / modulus * sent)
    return (ratio * back).view(UNITS, len(work.streamed), ROWS)


def errors(chip: Chip, work: Workload, modulus: int, seeds: int) -> int:
    """Readings decided wrongly in all repetitions."""
    return sum(errors_by_seed(chip, work, modulus, seeds))


def errors_by_seed(chip: Chip, work: Workload, modulus: int, seeds: int) -> list[int]:
    """Readings decided wrongly in each repetition."""
    engine = CompactEngine(compile_chip(chip), ModuliSet((modulus,)))
    return [
        sum(b.errors[modulus] for b in engine.blocks(operands(work), NoiseKey.from_seed(seed)))
        for seed in range(seeds)
    ]


def offset_free(made: MachineConfig, modulus: int) -> Chip:
    """Its chip with trims that take out the direct currents of one amplitude."""
    chip, work = chip_of(made, modulus), workload(1)
    alpha, beta, _ = chip.arrays(modulus).hybrid.difference()
    light = optical_errors(chip, modulus, work)
    reception = Reception(compile_chip(chip).arrays[modulus], work)
    first_w, second_w = (x.mean() for x in reception.powers_w(light.intended))
    current_a = made.design.receiver.photodiode.responsivity_a_per_w * (
        alpha * first_w + beta * second_w
    )
    digits = made.design.multiplier.code(modulus).count
    trims = Trims.none(
        (UNITS, ROWS), 16, digits, digits if made.design.multiplier.drive == "per-digit" else 1
    )
    bits = reception.receiver.gain.code.digits(work.streamed)
    common_mode = reception.receiver.gain.common_mode(bits).unsqueeze(-2)
    offset = current_a[..., None] / (reception.setting.full_scale_a[..., None] * common_mode)[0]
    return chip.with_trims({modulus: trims.changed(offset=offset)})


def rounding(chip: Chip, modulus: int) -> float:
    """Most that rounding the entries of a chain to the grid of the exact sums can turn it."""
    digits = 16 * chip.design.multiplier.code(modulus).count
    return (digits + 2) / 2 * digit_tables(replace(chip.arrays(modulus), heat=None)).step[2]
