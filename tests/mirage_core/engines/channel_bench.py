"""Machines, operands and comparisons for the tests of the channel."""

from __future__ import annotations

import numpy as np
import torch
from scipy.stats import chi2_contingency, fisher_exact

from circuits import Chip, fabricate
from circuits.chip.compiling import compile_chip
from mirage_core import BfpFormat, MachineConfig, load_machine
from mirage_core.engines import ChannelEngine, CompactEngine, IntegerEngine, Operands
from photonics.random import NoiseKey
from tests.machines import of_size, together
from tests.tolerance import holm_rejections

FOUR_ROWS = [*of_size(units=2, rows=4), "moduli=[29, 32, 33]"]
# Static errors so small that noise makes the errors, and two data sets differ by counting alone.
CALM = [
    *FOUR_ROWS,
    "multiplier.coherence_length_m=1840.0",
    "multiplier.index_rms=0",
    "multiplier.drive_gain_rms=1e-5",
    "multiplier.switch.trimmer.spread_rms_m=0",
    "rail_splitter.imbalance_rms_db=0",
]
UNPROTECTED = "redundancy.policy=none"
PLAIN_HYBRID = [
    f"receiver.hybrid.{name}=0"
    for name in (
        "splitter.imbalance_rms_db",
        "coupler.imbalance_rms_db",
        "quadrature_rms_rad",
        "responsivity_rms",
    )
]


def calm(*overrides: str) -> MachineConfig:
    """A machine of little loss, so that there are few classes of it."""
    little = ["multiplier.shifter.loss_db_per_m=100", "multiplier.bend.loss_db=0.002"]
    # Rings so far detuned that hardly any light leaks.
    little.append("multiplier.switch.detuning_m=4.5e-9")
    fixed = [*CALM, *PLAIN_HYBRID, UNPROTECTED, "receiver.adc_extra_bits=1", *little]
    return load_machine("robust", together(fixed, overrides))


def raw(machine: MachineConfig) -> Chip:
    return fabricate(machine.design, machine.all_moduli.moduli, machine.array_shape, 0)


def channel(machine: MachineConfig, chip: Chip) -> ChannelEngine:
    return ChannelEngine(compile_chip(chip), machine.all_moduli, 15, machine.redundancy)


def compact(machine: MachineConfig, chip: Chip) -> CompactEngine:
    return CompactEngine(compile_chip(chip), machine.all_moduli, redundancy=machine.redundancy)


def operands(kind: str, groups: int, vectors: int, rows: int, seed: int = 1) -> Operands:
    """Mantissas of weights, and of data that is dense or four fifths zeros."""
    generator = torch.Generator().manual_seed(seed)
    w = torch.randn(rows, 16 * groups, generator=generator)
    x = torch.randn(vectors, 16 * groups, generator=generator)
    if kind == "sparse":
        x = x * (torch.rand(x.shape, generator=generator) < 0.2)
    bfp = BfpFormat(mantissa_bits=4, group_size=16)
    w, x = (bfp.quantize(t).mantissa.transpose(0, 1).contiguous().short() for t in (w, x))
    return Operands(w, x, 3600)


Engine = ChannelEngine | CompactEngine | IntegerEngine


def slips(engine: Engine, o: Operands, seed: int) -> dict[int, torch.Tensor]:
    """Slip of every readout of an unprotected engine, (G, N, M), by modulus."""
    found: dict[int, list[torch.Tensor]] = {m: [] for m in engine.moduli.moduli}
    for block in engine.blocks(o, NoiseKey.from_seed(seed)):
        wrong = block.dots.long() - o.exact_dots(block.vectors, block.rows).long()
        for m, parts in found.items():
            parts.append(torch.remainder(wrong, m))
            assert block.errors[m] == int((parts[-1] != 0).sum())
    return {m: torch.cat(parts, 1) for m, parts in found.items()}


def equal_rates(first: torch.Tensor, second: torch.Tensor) -> float:
    """p of Fisher's test that errors are as frequent in two sets of slips."""
    wrong = [int((s != 0).sum()) for s in (first, second)]
    table = [[n, s.numel() - n] for n, s in zip(wrong, (first, second), strict=True)]
    return float(fisher_exact(table)[1])


def equal_counts(first: np.ndarray, second: np.ndarray) -> float:
    """p of the chi-square test of two rows of counts, those below five pooled."""
    table = np.stack([first, second])
    kept = table[:, table.sum(0) >= 10]
    pooled = np.hstack([kept, (table.sum(1) - kept.sum(1))[:, None]])
    pooled = pooled[:, pooled.sum(0) > 0]
    return float(chi2_contingency(pooled).pvalue) if pooled.shape[1] > 1 else 1.0


def confusion(slip: torch.Tensor, modulus: int) -> np.ndarray:
    return np.bincount(slip[slip != 0].numpy(), minlength=modulus)[1:]


def by_row(slip: torch.Tensor) -> np.ndarray:
    """Errors of each place (unit, row) of an array of 2 x 4."""
    groups, _, rows = slip.shape
    group, row = torch.arange(groups)[:, None], torch.arange(rows)
    place = (row // 4 * groups + group) % 2 * 4 + row % 4
    return np.bincount(place[:, None].expand_as(slip)[slip != 0].numpy(), minlength=8)


def assert_alike(machine: MachineConfig, data: list[tuple[str, int]]) -> None:
    """Equal rates and equal confusion in channel and compact model, 400 errors and more."""
    chip = raw(machine)
    drawn, read = channel(machine, chip), compact(machine, chip)
    p_values = []
    for kind, vectors in data:
        o = operands(kind, 4, vectors, 1024)
        first, second = slips(drawn, o, 1), slips(read, o, 2)
        for m in (32, 33):
            assert min(int((s[m] != 0).sum()) for s in (first, second)) >= 400
            p_values.append(equal_rates(first[m], second[m]))
            p_values.append(equal_counts(confusion(first[m], m), confusion(second[m], m)))
    assert holm_rejections(p_values) == []
