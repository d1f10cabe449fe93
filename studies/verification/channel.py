"""The channel against the compact model that it is derived from: how often readings err.

A channel knows the loss of what is streamed, not the drives of a tile: it errs as often as the chip
does on weights as they usually are.  So it is held against the compact model over many sets of
drives, within a margin set beforehand.  (One Gaussian in place of its mixture is off by a factor.)
"""

from __future__ import annotations

import math

from torch import Tensor

from circuits.calibration.procedure import calibrate
from circuits.chip import Chip, fabricate
from mirage_core.machine import MachineConfig
from mirage_core.tensor_core import TensorCore
from photonics.random import NoiseKey
from studies.verification.check import Z_LEVEL, Check, Finding
from studies.verification.equivalence import flawed
from studies.verification.sampling import slips_by_row

WITHIN = 0.10
"""Largest relative difference of the error rates."""

_ROWS = 4096


def channel_odds(like: MachineConfig, vectors: int) -> Finding:
    """Error rates of the channel on the flawed, calibrated ``robust`` chip, modulus by modulus.

    Operands are normal numbers in the machine's format: some hundred tiles of drives, since the
    errors of one set of drives hang together.
    """
    machine = flawed(like, "robust")
    chip = calibrate(fabricate(machine, machine.moduli, machine.array_shape, machine.chip_seed))
    key = NoiseKey.from_seed(10).fold("verify", "channel")
    operands = [_normal(machine, key.fold(name), n) for name, n in (("x", vectors), ("w", _ROWS))]
    found = {f: _errors(machine, chip, f, operands, key) for f in ("channel", "compact")}
    channel, compact = found["channel"], found["compact"]
    return Finding([errs_as_often(m, channel[m], compact[m], vectors) for m in machine.moduli])


def _normal(machine: MachineConfig, key: NoiseKey, count: int) -> Tensor:
    """Mantissas of normal numbers, (count, J)."""
    length = machine.bfp.group_size
    numbers = key.normal(0, count * length).reshape(count, length).float()
    return machine.bfp.quantize(numbers, key.fold("rounding")).mantissa[:, 0]


def _errors(
    machine: MachineConfig, chip: Chip, fidelity: str, operands: list[Tensor], key: NoiseKey
) -> dict[int, Tensor]:
    """Wrong readings of every row of drives, float64 (M,), by modulus."""
    core = TensorCore(machine, fidelity=fidelity, chip=chip)
    return slips_by_row(core, operands[0], operands[1], key.fold(fidelity))


def errs_as_often(modulus: int, channel: Tensor, compact: Tensor, vectors: int) -> Check:
    """Two one-sided tests of the ratio of wrong readings, by row of drives (M,).

    Rows of drives are what is independent; each is read ``vectors`` times.
    """
    mean = float(compact.mean())
    ratio = float(channel.mean()) / mean
    variance = float(channel.var() + ratio**2 * compact.var()) / len(compact)
    error = math.sqrt(variance) / mean
    detail = f"errors x {ratio:.3f} ± {Z_LEVEL * error:.3f}; {int(channel.sum())} of them"
    within = abs(ratio - 1.0) + Z_LEVEL * error <= WITHIN
    name = f"channel = compact, robust, m = {modulus}"
    return Check(name, len(compact) * vectors, int(not within), detail)
