"""Layers of torch on a core: what they always were, with their products elsewhere.

They are torch's layers by inheritance and run torch's own code, so parameters, state dictionaries,
initialisation, hooks and results stay what they were; only their products move.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from typing import Any

import torch
from torch import nn
from torch.nn.utils.parametrize import ParametrizationList, is_parametrized

from mirage_core.core.matrix_core import MatrixCore
from mirage_core.learning.classes import put_before, take_away
from mirage_core.learning.foreign_forms import Followed, require_numbers
from mirage_core.learning.on_core import OnCore, no_layer, on_no_core
from mirage_core.learning.ranks import require_one_machine
from mirage_core.learning.site import Site

# Since torch 2.13.
LINEAR_LOSSES: tuple[type[nn.Module], ...] = tuple(
    getattr(nn, name) for name in ("LinearCrossEntropyLoss",) if hasattr(nn, name)
)
"""Losses with a linear layer in them."""

WITH_PRODUCTS: tuple[type[nn.Module], ...] = (
    nn.Linear,
    nn.Conv1d,
    nn.Conv2d,
    nn.Conv3d,
    nn.ConvTranspose1d,
    nn.ConvTranspose2d,
    nn.ConvTranspose3d,
    nn.Bilinear,
    nn.MultiheadAttention,
    nn.RNNBase,
    nn.RNNCellBase,
    *LINEAR_LOSSES,
)
"""Layers whose own forward has products."""

SHORTCUTS: tuple[type[nn.Module], ...] = (nn.TransformerEncoder, nn.TransformerEncoderLayer)
"""Modules that torch may compute at once, past the layers that they consist of."""


class OpticalLayer(Followed):
    """What a layer becomes while it is on a core.

    Attributes:
        optical_core: what multiplies; none for a module whose own products are digital, also where
            it is a part of a layer that is on a core.
        optical_name: its name in the model.
    """

    prefix = "Optical"
    optical_core: MatrixCore | None
    optical_name: str

    def forward(self, *args: Any, **kwargs: Any) -> Any:  # noqa: D102
        require_numbers(args, kwargs)
        if torch.compiler.is_compiling():
            return _outside_of_graphs("layer")(self, super().forward, args, kwargs)
        return _run(self, super().forward, args, kwargs)


class SteppedModel(Followed):
    """What a model becomes when layers of it are on cores: its forward is one step of each.

    Attributes:
        optical_cores: the cores of its layers; none for a part that was cut out of a model, such as
            ``model[:2]``, which asks its layers.
    """

    optical_cores: tuple[MatrixCore, ...] | None = None

    def forward(self, *args: Any, **kwargs: Any) -> Any:  # noqa: D102
        require_numbers(args, kwargs)
        if torch.compiler.is_compiling():
            return _outside_of_graphs("model")(self, super().forward, args, kwargs)
        return _step(self, super().forward, args, kwargs)


def _run(layer: OpticalLayer, forward: Any, args: Any, kwargs: Any) -> Any:
    core = layer.optical_core
    if core is None:
        # Weights are digital inside of a context, too, until they are made.
        with on_no_core() if isinstance(layer, ParametrizationList) else no_layer():
            return forward(*args, **kwargs)
    if is_parametrized(layer):
        # Weights are made before they are written into the machine.
        for name, making in layer.get_submodule("parametrizations").named_children():
            put_on(making, None, f"{layer.optical_name}.parametrizations.{name}")
    site = Site(core, layer.optical_name, layer.training)
    with core.steps.root_forward(layer.training), OnCore(site):
        return forward(*args, **kwargs)


def _step(model: SteppedModel, forward: Any, args: Any, kwargs: Any) -> Any:
    cores = cores_of(model) if model.optical_cores is None else model.optical_cores
    require_one_machine(model, cores)
    with ExitStack() as steps:
        for core in cores:
            steps.enter_context(core.steps.root_forward(model.training))
        return forward(*args, **kwargs)


_uncompiled: dict[str, Callable[..., Any]] = {}


def _outside_of_graphs(name: str) -> Callable[..., Any]:
    """The forward of a layer, or of a model, as a function that a compiler leaves alone.

    What a layer calls is left alone as well.  Made where it is needed: as a decorator it would
    load the compiler, 2 s of CPU, for everybody.
    """
    if name not in _uncompiled:
        forward = {"layer": _run, "model": _step}[name]
        _uncompiled[name] = torch.compiler.disable(forward, recursive=name == "layer")
    return _uncompiled[name]


def cores_of(model: nn.Module) -> list[MatrixCore]:
    """The cores of the layers of a model, each once."""
    cores = (m.optical_core for m in model.modules() if isinstance(m, OpticalLayer))
    return list(dict.fromkeys(c for c in cores if c is not None))


def put_on(module: nn.Module, core: MatrixCore | None, name: str) -> None:
    """Make a module one on a core; one that is already there moves."""
    put_before(module, OpticalLayer)
    module.optical_core, module.optical_name = core, name  # type: ignore[assignment]


def take_off(module: OpticalLayer) -> None:
    """Make a module the plain one that it was."""
    take_away(module, OpticalLayer)
    del module.optical_core, module.optical_name


def open_steps(model: nn.Module, cores: Sequence[MatrixCore]) -> None:
    """Make every forward of a model a step of some cores."""
    put_before(model, SteppedModel)
    model.optical_cores = tuple(cores)  # type: ignore[assignment]


def open_no_steps(model: SteppedModel) -> None:
    """Leave it to the layers of a model again to open steps."""
    take_away(model, SteppedModel)
    vars(model).pop("optical_cores", None)
