"""The core of a training: a machine, bits that move, and products that run somewhere else."""

from __future__ import annotations

from collections.abc import Mapping
from typing import get_args

from mirage_core.arithmetic.formats import BASELINES
from mirage_core.arithmetic.precision import Precision
from mirage_core.core.format_core import FormatCore
from mirage_core.core.matrix_core import MatrixCore
from mirage_core.core.mixed_core import MixedCore
from mirage_core.core.precision_core import PrecisionCore
from mirage_core.core.tensor_core import TensorCore
from mirage_core.tracing.product import Computation
from mirage_core.training.recipe import Recipe
from photonics.errors import InputError

Places = Mapping[str, Mapping[str, str]]
"""Where products run: by pattern of layer names, then by kind of product."""
LIGHT, INTEGER = "light", "integer"
PLACES = (LIGHT, INTEGER, *BASELINES)
"""On the core of the machine, in its exact integers, or in a number format."""
KINDS: tuple[str, ...] = get_args(Computation)


def check_places(products: Places) -> None:
    """Refuse kinds of products and places that there are not.

    Raises:
        InputError: naming the pattern of layers.
    """
    for pattern, places in products.items():
        for kind, place in places.items():
            if kind not in KINDS:
                allowed = f"must be one of {', '.join(KINDS)}"
                raise InputError(f"products.{pattern}", kind, allowed)
            if place not in PLACES:
                allowed = f"must be one of {', '.join(PLACES)}"
                raise InputError(f"products.{pattern}.{kind}", place, allowed)


def training_core(
    light: TensorCore,
    recipe: Recipe,
    steps_per_epoch: int,
    precision: Precision | None = None,
    products: Places | None = None,
) -> MatrixCore:
    """The core that a network trains on.

    Args:
        light: of the machine, at any fidelity.
        recipe: how long the training is.
        steps_per_epoch: optimiser steps in one pass over the data.
        precision: mantissa bits that go by layer and time; none for those of the machine.
        products: where products run; what is not named runs on ``light``.

    Raises:
        InputError: for bits that the moduli cannot hold, and places that there are not.
    """
    core: MatrixCore = light
    if precision is not None:
        epochs = max(recipe.epochs, 1)
        in_steps = precision.in_steps(epochs=epochs, steps_per_epoch=steps_per_epoch)
        core = PrecisionCore(light, in_steps)
    if not products:
        return core
    check_places(products)
    named = {place for places in products.values() for place in places.values()}
    cores = {place: _elsewhere(place, light) for place in named - {LIGHT}} | {LIGHT: core}
    return MixedCore(
        core,
        layers={
            pattern: {kind: cores[place] for kind, place in places.items()}
            for pattern, places in products.items()
        },
    )


def _elsewhere(place: str, light: TensorCore) -> MatrixCore:
    if place == INTEGER:
        return TensorCore(light.machine, fidelity="integer", seed=light.seed)
    return FormatCore(place, seed=light.seed)
