"""Error rates that the error budget predicts, against errors that the compact model makes.

Prediction and count take the same operands on the same chip, as it is calibrated and has drifted
since, so that both see the same light and what differs is the noise alone.

Legend of shapes: T repetition, N streamed vector, M row.
"""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor

from circuits.analysis.error_budget import ErrorBudget, error_budget
from circuits.analysis.workload import Workload
from mirage_core.core.tensor_core import TensorCore
from mirage_core.machine.config import MachineConfig
from photonics.random import NoiseKey
from studies.verification.check import Check, Finding
from studies.verification.machines import of_preset, powered
from studies.verification.sampling import decided, operands, slips

MACHINES: dict[str, dict[str, Any]] = {"robust": {}, "thermo-optic": {"array.rows": 8}}
"""Presets with all their flaws, drift and noise; heaters are slow to calibrate in numbers."""

# Of noise alone, behind the mean loss: what else is wrong adds to it.
_ERROR_RATE = 1e-3
_ERRORS = 400
_REPEATS = 8
_READINGS = 1 << 14


def predicted_rates(like: MachineConfig, preset: str, repeats: int = _REPEATS) -> Finding:
    """Errors of every modulus of one calibrated chip that has drifted.

    Args:
        like: machine whose moduli and mantissas are taken.
        preset: of :data:`MACHINES`.
        repeats: how often the same operands are read.
    """
    machine = powered(of_preset(preset, like, MACHINES[preset]), _ERROR_RATE)
    core = TensorCore(machine, fidelity="compact")
    key = NoiseKey.from_seed(11).fold("verify", "predicted rates", preset)
    rows = machine.array.rows
    streamed, stationary = operands(core, key, _READINGS // rows, rows)
    found = [_wrong(core, streamed, stationary, key.fold("run", i)) for i in range(repeats)]
    work = Workload(streamed.long(), stationary.long()[None], torch.zeros(1, dtype=torch.int64))
    checks = []
    for modulus in machine.moduli:
        wrong = torch.stack([one[modulus] for one in found])
        budget = error_budget(core.chip, modulus, work)
        checks.append(errs_as_predicted(preset, budget, wrong, rows))
    return Finding(checks)


def errs_as_predicted(preset: str, budget: ErrorBudget, wrong: Tensor, rows: int) -> Check:
    """Two-sided test of the count against the predicted rate, for which some errors are needed.

    Readings are independent given the light, but for the noise that the rows of a symbol share.
    The variance is therefore that of symbols, as repetitions show it, and at least that of as
    many independent readings.

    Args:
        preset: that the machine was made from.
        budget: of the same operands.
        wrong: wrong readings of each symbol, (T, N).
        rows: readings of a symbol.
    """
    count, readings = int(wrong.sum()), rows * wrong.numel()
    rate = budget.symbol_error_rate
    by_symbol = len(wrong) * float(wrong.double().var(0).sum())
    variance = max(by_symbol, readings * rate * (1.0 - rate))
    p_value = math.erfc(abs(count - readings * rate) / math.sqrt(2.0 * variance))
    detail = f"prediction {rate:.3g} x {count / readings / rate:.3f}, {count:,} errors"
    point = {
        "modulus": budget.modulus,
        "readouts": readings,
        "errors": count,
        "predicted": rate,
        "p_value": p_value,
    }
    name = f"errors = predicted, {preset}, m = {budget.modulus}"
    few = f"fewer than {_ERRORS} errors were made" if count < _ERRORS else ""
    return Check(name, readings, 0, detail, (p_value,), points=(point,), inconclusive=few)


def _wrong(
    core: TensorCore, streamed: Tensor, stationary: Tensor, key: NoiseKey
) -> dict[int, Tensor]:
    """Wrong readings of every symbol, (N,), by modulus."""
    blocks = list(decided(core, streamed, stationary, key))
    dots, exact = (torch.cat(part) for part in zip(*blocks, strict=True))
    return {m: (slips(dots, exact, m) != 0).sum(-1) for m in core.machine.moduli}
