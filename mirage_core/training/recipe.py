"""How a network is trained: the same for every arithmetic that is compared."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import model_validator

from devices.parameters.base import Parameters, quantity
from devices.parameters.seed import Seed
from photonics.errors import InputError


class Recipe(Parameters):
    """How to train: the same for every arithmetic that is compared."""

    model: str = quantity("mlp", "name of the network, or module:callable", source="choice")
    epochs: int = quantity(
        12, "passes over the training set; none evaluates alone", source="choice", ge=0
    )
    batch_size: int = quantity(64, "samples per step", source="choice", ge=1)
    learning_rate: float = quantity(0.1, "the highest", source="choice", gt=0)
    schedule: Literal["linear", "constant", "cosine", "step"] = quantity(
        "linear",
        "how the learning rate falls: to zero, not at all, or step by step",
        source="choice",
    )
    warmup_epochs: float = quantity(
        0.0, "epochs over which the learning rate first rises from zero", source="choice", ge=0
    )
    step_epochs: int = quantity(
        4, "epochs between two falls of the schedule step", source="choice", ge=1
    )
    step_factor: float = quantity(
        0.1, "what the schedule step multiplies by", source="choice", gt=0, le=1
    )
    momentum: float = quantity(0.9, "of stochastic gradient descent", source="choice", ge=0, lt=1)
    optimizer: Literal["sgd", "adam", "adamw", "madam"] = quantity(
        "sgd", "stochastic gradient descent, Adam, or multiplicative (Madam)", source="choice"
    )
    weight_decay: float = quantity(0.0, "of all but Madam, which has none", source="choice", ge=0)
    clip_norm: float | None = quantity(
        None, "longest gradient, of all weights together", source="choice", gt=0
    )
    weight_bound: float = quantity(
        3.0, "of Madam, largest weight over the rms at the start", source="arXiv 2106.13914", gt=0
    )
    seed: Seed = quantity(0, "of initial weights, data order and noise", source="choice")

    @model_validator(mode="after")
    def _warm_before_the_end(self) -> Self:
        # Without any epochs there is only an evaluation, which has no rate.
        if 0 < self.epochs < self.warmup_epochs:
            allowed = f"must be at most epochs, {self.epochs}: the rate would never be reached"
            raise InputError(
                "warmup_epochs", self.warmup_epochs, allowed, "lower it, or train longer"
            )
        return self
