"""A plan made ready: trainers, and all that they depend on."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path
from typing import Any

import torch

from circuits import load_chip
from mirage_core.core.ledger import Ledger
from mirage_core.core.matrix_core import MatrixCore
from mirage_core.core.mixed_core import MixedCore
from mirage_core.core.precision_core import PrecisionCore
from mirage_core.core.tensor_core import TensorCore
from mirage_core.data.dataset import Dataset
from mirage_core.machine.config import MachineConfig
from mirage_core.training.cores import training_core
from mirage_core.training.trainer import Trainer
from mirage_core.training.weights import load_weights
from photonics.errors import InputError
from photonics.files import read_bytes
from studies.training_plan import TrainingPlan


def trainer_of(plan: TrainingPlan, data: Dataset, core: MatrixCore | None = None) -> Trainer:
    """The training on a core; in plain FP32 without one."""
    weights = None if plan.weights is None else load_weights(Path(plan.weights))
    device = device_of(plan)
    return Trainer(plan.recipe, data, core, device=device, weights=weights, stop_when_diverged=True)


def core_of(plan: TrainingPlan, machine: MachineConfig, data: Dataset) -> MatrixCore:
    """The core of a machine, with bits and products as the plan has them."""
    recipe = plan.recipe
    given = None if plan.chip is None else load_chip(Path(plan.chip))
    light = TensorCore(machine, fidelity=plan.fidelity, seed=recipe.seed, chip=given)
    steps = -(-len(data.train_y) // recipe.batch_size)
    return training_core(light, recipe, steps, plan.precision, plan.products)


def light_of(core: MatrixCore) -> TensorCore:
    """The core of the machine within a core that of :func:`core_of`."""
    while isinstance(core, MixedCore | PrecisionCore):
        core = core.core
    assert isinstance(core, TensorCore)
    return core


def phases_of(core: MatrixCore) -> dict[int, Ledger]:
    """What was done with mantissas of so many bits; empty where they did not move."""
    core = core.core if isinstance(core, MixedCore) else core
    return core.phases if isinstance(core, PrecisionCore) else {}


def setting_of(plan: TrainingPlan, machine: MachineConfig, data: Dataset) -> dict[str, Any]:
    """All that a training depends on, as plain data; files by what is in them."""
    plain = plan.plain
    return {
        # Machines are the same wherever their values come from.
        "machine": machine.model_dump(mode="json", exclude={"sources"}),
        "fidelity": plan.fidelity,
        "device": plan.device,
        "data": data.fingerprint,
        "recipe": plan.recipe.model_dump(),
        "chip": _digest("chip", plan.chip),
        "weights": _digest("weights", plan.weights),
        "precision": plain.get("precision"),
        "products": plain["products"],
    }


def device_of(plan: TrainingPlan) -> torch.device:
    """Where digital layers run."""
    name = plan.device
    device = torch.device(name)
    count = torch.cuda.device_count()
    if device.type == "cuda" and (device.index or 0) >= count:
        allowed = f"there is no such device; torch sees {count}"
        raise InputError("device", name, allowed, "take cpu, or another number")
    return device


def _digest(field: str, file: str | None) -> str | None:
    return None if file is None else sha256(read_bytes(file, field)).hexdigest()
