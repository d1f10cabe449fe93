"""A machine at one point of a study; what metrics ask of it is made when first asked for."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from circuits.analysis.link import LinkBudget
from circuits.analysis.predicted_errors import PredictedReadings, predict
from circuits.analysis.workload import Workload
from circuits.chip.chip import Chip, fabricate
from circuits.chip.compiling import compile_arrays
from circuits.chip.drift import drifted
from circuits.compiled.arrays import CompiledArrays
from circuits.control.bring_up import bring_up
from circuits.control.oracle import OracleController
from circuits.control.pilots import tracked
from circuits.control.procedure import calibrate
from mirage_core.machine.config import MachineConfig
from photonics.random import NoiseKey
from studies.metrics.conditions import Conditions
from studies.metrics.learned import learned_streams

if TYPE_CHECKING:
    from mirage_core.core.tensor_core import TensorCore


class Evaluation:
    """A machine, its chip and what they are looked at with.

    Args:
        machine: whole.
        conditions: how it is looked at.
        recipe: fields of a training recipe, for metrics that train.
        seed: of the chip, in place of the machine's own, and of all noise that is counted.
        parameters: values of the study's axes at this point.
    """

    def __init__(
        self,
        machine: MachineConfig,
        conditions: Conditions,
        recipe: Mapping[str, Any] | None = None,
        seed: int = 0,
        parameters: Mapping[str, Any] | None = None,
    ) -> None:
        self.machine, self.conditions = machine, conditions
        self.recipe, self.seed = dict(recipe or {}), seed
        self.parameters = dict(parameters or {})

    @cached_property
    def small(self) -> MachineConfig:
        """The machine with one unit and the rows that are looked at."""
        rows = min(self.conditions.rows, self.machine.array.rows)
        return self.machine.changed({"array.units": 1, "array.rows": rows, "chip_seed": self.seed})

    @cached_property
    def streamed(self) -> Tensor:
        """Mantissas that are streamed, int64 (vectors, J), spread over all there are."""
        bfp, kind = self.machine.bfp, self.conditions.streamed
        count = self.conditions.vectors
        if kind == "uniform":
            key = NoiseKey.from_seed(0).fold("study", "streamed")
            drawn = key.uniform(0, count * bfp.group_size).view(count, bfp.group_size)
            return (drawn * (2 * bfp.max_mantissa + 1)).long() - bfp.max_mantissa
        found = learned_streams(self.machine, self.conditions.data)[kind]
        return found[:: max(1, len(found) // count)][:count].long()

    @cached_property
    def work(self) -> Workload:
        """The streamed vectors against uniform drives."""
        rows, length = self.small.array.rows, self.small.bfp.group_size
        top = self.small.bfp.max_mantissa
        uniform = NoiseKey.from_seed(0).fold("study", "drives").uniform(0, rows * length)
        drives = (uniform * (2 * top + 1)).long().view(1, rows, length) - top
        return Workload(self.streamed, drives, torch.zeros(1, dtype=torch.int64))

    @cached_property
    def chip(self) -> Chip:
        """Fabricated, calibrated, drifted since and tracked."""
        small, conditions = self.small, self.conditions
        design, moduli, shape = small.design, small.all_moduli.moduli, small.array_shape
        if conditions.controller == "own" or design.calibration.policy == "none":
            return bring_up(design, moduli, shape, small.chip_seed)
        oracle = OracleController(conditions.residual_rad, conditions.residual_drive)
        raw = fabricate(design, moduli, shape, small.chip_seed)
        return tracked(drifted(calibrate(raw, controller=oracle)))

    @cached_property
    def compiled(self) -> dict[int, CompiledArrays]:
        """Its arrays as plain numbers, by modulus."""
        return compiled(self.chip)

    @cached_property
    def predicted(self) -> dict[int, PredictedReadings]:
        """Every reading of the workload, by modulus."""
        return {m: predict(arrays, self.work) for m, arrays in self.compiled.items()}

    @cached_property
    def links(self) -> dict[int, LinkBudget]:
        """Link budgets, by modulus."""
        length = self.machine.bfp.group_size
        moduli = self.machine.all_moduli.moduli
        return {m: LinkBudget(self.machine.design, m, length) for m in moduli}

    @cached_property
    def reader(self) -> TensorCore:
        """A core that reads once and believes what it reads, on the same chip."""
        from mirage_core.core.tensor_core import TensorCore

        bare = self.small.changed({"redundancy": {"policy": "none"}})
        fidelity, seed = self.conditions.fidelity, self.seed
        if fidelity == "integer":
            return TensorCore(bare, fidelity=fidelity, seed=seed)
        same = bare.all_moduli == self.small.all_moduli
        chip = self.chip if same else Evaluation(bare, self.conditions, {}, seed).chip
        return TensorCore(bare, fidelity=fidelity, seed=seed, chip=chip)

    @cached_property
    def core(self) -> TensorCore:
        """The same chip as a tensor core."""
        from mirage_core.core.tensor_core import TensorCore

        fidelity, seed = self.conditions.fidelity, self.seed
        chip = None if fidelity == "integer" else self.chip
        return TensorCore(self.small, fidelity=fidelity, seed=seed, chip=chip)


def compiled(chip: Chip) -> dict[int, CompiledArrays]:
    """Arrays of all moduli of a chip as plain numbers, standing still."""
    return {m: compile_arrays(chip.arrays(m), chip.design) for m in chip.moduli}
