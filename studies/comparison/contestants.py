"""Who is compared: FP32, number formats, Mirage's integers, machines at a fidelity."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, get_args

from mirage_core.arithmetic.formats import BASELINES
from mirage_core.core.format_core import FormatCore
from mirage_core.core.tensor_core import Fidelity
from mirage_core.data.dataset import Dataset
from mirage_core.machine.config import MachineConfig
from mirage_core.machine.loading import load_machine, preset_names
from mirage_core.training.cores import INTEGER
from mirage_core.training.trainer import Trainer
from photonics.errors import InputError
from studies.metrics.registry import nearest_of
from studies.training_plan import TrainingPlan
from studies.training_setup import core_of, trainer_of

REFERENCE = "fp32"
MADAM = {"optimizer": "madam", "learning_rate": 0.125, "weight_decay": 0.0}
"""What logarithmic numbers are trained with: Zhao et al., arXiv 2106.13914."""
OPTION = "--with"
_LNS_MADAM = "lns-madam"
_MACHINE_ENDINGS = (".toml", ".json")


@dataclass(frozen=True)
class Contestant:
    """An arithmetic that a recipe is trained in.

    Attributes:
        name: as it stands in tables.
        number_format: name of a format; none for a machine.
        preset: name or file of a machine; none for a format.
        fidelity: of a machine.
        changes: fields of a recipe that it has of its own.
    """

    name: str
    number_format: str | None = None
    preset: str | None = None
    fidelity: str = ""
    changes: Mapping[str, Any] = field(default_factory=dict)

    def plan(self, plan: TrainingPlan, seed: int) -> TrainingPlan:
        """The plan that ``mirage train`` would have for it, with one of the seeds."""
        changes: dict[str, Any] = {**self.changes, "seed": seed}
        if self.preset is not None:
            changes |= {"preset": self.preset, "fidelity": self.fidelity}
        return plan.changed(changes)

    def trainer(
        self, plan: TrainingPlan, machine: MachineConfig, data: Dataset, seed: int
    ) -> Trainer:
        """Its training with one of the seeds.

        Args:
            plan: of all.
            machine: its own; formats have none and take no notice.
            data: of the plan.
            seed: of weights, data order and noise.
        """
        own = self.plan(plan, seed)
        if self.preset is not None:
            return trainer_of(own, data, core_of(own, machine, data))
        if self.number_format == REFERENCE:
            return trainer_of(own, data)
        return trainer_of(own, data, FormatCore(self.number_format or "", seed=seed))

    def machine(self, plan: TrainingPlan) -> MachineConfig:
        """Its machine with the changes of the plan; for formats that of the plan."""
        preset = plan.preset if self.preset is None else self.preset
        return load_machine(preset, plan.overrides, option="--set")


def contestants(text: str, plan: TrainingPlan) -> list[Contestant]:
    """All that are compared, FP32 first.

    Args:
        text: names with commas between them.
        plan: whose machine is meant by ``integer``, and whose fidelity where none is given.

    Raises:
        InputError: for a name or a fidelity that there is not, and for a name given twice.
    """
    known = get_args(Fidelity)
    if plan.fidelity not in known:
        raise InputError("fidelity", plan.fidelity, f"must be one of {', '.join(known)}")
    found = {REFERENCE: Contestant(REFERENCE, number_format=REFERENCE)}
    for name in (part.strip() for part in text.split(",")):
        one = _contestant(name, plan)
        if one.name in found and name != REFERENCE:
            raise InputError(OPTION, text, f"has {one.name} twice", "leave one out")
        found.setdefault(one.name, one)
    return list(found.values())


def _contestant(name: str, plan: TrainingPlan) -> Contestant:
    if name in BASELINES:
        return Contestant(name, number_format=name)
    if name == _LNS_MADAM:
        return Contestant(name, number_format="lns", changes=MADAM)
    if name == INTEGER:
        return _machine(plan.preset, INTEGER)
    preset, colon, fidelity = name.rpartition(":")
    if not colon or fidelity not in get_args(Fidelity):
        preset, fidelity = name, plan.fidelity
    if preset not in preset_names() and not preset.lower().endswith(_MACHINE_ENDINGS):
        known = [*BASELINES, _LNS_MADAM, INTEGER, *preset_names()]
        allowed = "is no number format, no machine, and no .toml file of one"
        raise InputError(OPTION, name, allowed, nearest_of(name, known))
    return _machine(preset, fidelity)


def _machine(preset: str, fidelity: str) -> Contestant:
    return Contestant(f"{preset}:{fidelity}", preset=preset, fidelity=fidelity)
