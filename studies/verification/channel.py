"""The channel against the compact model that it is derived from: how often readings err.

A channel knows the loss of what is streamed and the spread of a row of drives, not the operands
themselves: it errs as often as the chip does on many of their kind.  So it is held against the
compact model over many sets of drives, dense ones, ones of mostly zeros and ones of uniform size,
within a margin set beforehand.  (One Gaussian in place of its mixture is off by a factor.)
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import NamedTuple

import torch
from torch import Tensor

from circuits.chip.chip import Chip, fabricate
from circuits.control.procedure import calibrate
from mirage_core.core.tensor_core import TensorCore
from mirage_core.machine.config import MachineConfig
from photonics.random import NoiseKey
from studies.verification.check import Z_LEVEL, Check, Finding, compare
from studies.verification.equivalence import flawed
from studies.verification.sampling import mantissas, slips_by_row

WITHIN = 0.10
"""Largest relative difference of the error rates."""

_ROWS = 4096


class OperandMix(NamedTuple):
    """Operands: normal numbers of which a share is not zero, or mantissas of uniform size.

    Streamed zeros lose so little that errors take a part of the light only.
    """

    streamed: float = 1.0
    stationary: float = 1.0
    uniform: bool = False
    light: float = 1.0


FIDELITIES = ("channel", "compact")
"""What is compared."""

KINDS = {
    "dense": OperandMix(),
    "sparse stationary": OperandMix(stationary=0.08),
    "sparse both": OperandMix(0.1, 0.1, light=0.03),
    "uniform": OperandMix(uniform=True),
}
"""As weights and data are, as gradients behind a ReLU are, and mantissas that fill their range."""


def channel_error_rates(
    like: MachineConfig, vectors: int, kinds: tuple[str, ...] = ("dense",)
) -> Finding:
    """Error rates of the channel on the flawed, calibrated ``robust`` chip, modulus by modulus.

    Args:
        like: machine whose moduli and mantissas are taken.
        vectors: streamed ones, through some hundred tiles of drives: the errors of one set of
            drives hang together.
        kinds: of operands, of :data:`KINDS`.
    """
    machine = flawed(like, "robust")
    chip = calibrate(
        fabricate(machine.design, machine.moduli, machine.array_shape, machine.chip_seed)
    )
    key = NoiseKey.from_seed(10).fold("verify", "channel")
    checks = []
    for name in kinds:
        kind = KINDS[name]
        # Calibrated in full light, and read in the light of the kind.
        dim = _dimmed(machine, kind.light)
        dim_chip = replace(chip, design=dim.design)
        operands = [
            _operand(machine, kind, share, key.fold(side), count)
            for side, share, count in (
                ("x", kind.streamed, vectors),
                ("w", kind.stationary, _ROWS),
            )
        ]
        channel, compact = (_errors(dim, dim_chip, f, operands, key) for f in FIDELITIES)
        checks += [errs_as_often(m, channel[m], compact[m], vectors, name) for m in machine.moduli]
    return Finding(checks)


def _dimmed(machine: MachineConfig, light: float) -> MachineConfig:
    """This machine with a part of its light."""
    powers_w = {m: light * power_w for m, power_w in machine.design.modulus_power_w.items()}
    return machine.changed({"modulus_power_w": powers_w})


def _operand(
    machine: MachineConfig, kind: OperandMix, share: float, key: NoiseKey, count: int
) -> Tensor:
    """Mantissas of one side, (count, J)."""
    length = machine.bfp.group_size
    if kind.uniform:
        return mantissas(key, machine.bfp.max_mantissa, count, length)
    numbers = key.normal(0, count * length).reshape(count, length).float()
    kept = key.fold("kept").uniform(0, count * length).reshape(count, length) < share
    numbers = torch.where(kept, numbers, 0.0)
    return machine.bfp.quantize(numbers, key.fold("rounding")).mantissa[:, 0]


def _errors(
    machine: MachineConfig, chip: Chip, fidelity: str, operands: list[Tensor], key: NoiseKey
) -> dict[int, Tensor]:
    """Wrong readings of every row of drives, float64 (M,), by modulus."""
    core = TensorCore(machine, fidelity=fidelity, chip=chip)
    return slips_by_row(core, operands[0], operands[1], key.fold(fidelity))


def errs_as_often(
    modulus: int, channel: Tensor, compact: Tensor, vectors: int, kind: str = "dense"
) -> Check:
    """Two one-sided tests of the ratio of wrong readings, by row of drives (M,).

    Rows of drives are what is independent; each is read ``vectors`` times.
    """
    name, cases = f"channel = compact, {kind}, m = {modulus}", len(compact) * vectors
    mean = float(compact.mean())
    if mean == 0.0:
        return Check(name, cases, inconclusive="there are no errors to compare")
    ratio = float(channel.mean()) / mean
    variance = float(channel.var() + ratio**2 * compact.var()) / len(compact)
    error = math.sqrt(variance) / mean
    detail = f"errors x {ratio:.3f} ± {Z_LEVEL * error:.3f}; {int(channel.sum())} of them"
    outcome = compare(ratio - 1.0, Z_LEVEL * error, WITHIN)
    return Check(
        name,
        cases,
        int(outcome == "different"),
        detail,
        inconclusive="too few errors were made" if outcome == "unsure" else "",
    )
