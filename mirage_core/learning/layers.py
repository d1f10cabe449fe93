"""Layers of torch on a core: what they always were, with their products elsewhere.

They are torch's layers by inheritance and run torch's own code, so parameters, state dictionaries,
initialisation, hooks and results stay what they were; only their products move.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import nn
from torch.nn.utils.parametrize import is_parametrized

from mirage_core.core.matrix_core import MatrixCore
from mirage_core.learning.on_core import OnCore
from mirage_core.learning.site import Site

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
)
"""Layers whose own forward has products."""

SHORTCUTS: tuple[type[nn.Module], ...] = (nn.TransformerEncoder, nn.TransformerEncoderLayer)
"""Modules that torch may compute at once, past the layers that they consist of."""

_uncompiled: Callable[..., Any] | None = None


class OpticalLayer(nn.Module):
    """What a layer becomes while it is on a core.

    Attributes:
        optical_core: what multiplies; none for a module that has no products of its own.
        optical_name: its name in the model.
    """

    optical_core: MatrixCore | None
    optical_name: str

    def forward(self, *args: Any, **kwargs: Any) -> Any:  # noqa: D102
        if torch.compiler.is_compiling():
            return _outside_of_graphs()(self, super().forward, args, kwargs)
        return _run(self, super().forward, args, kwargs)

    def __reduce_ex__(self, protocol: Any) -> Any:
        """Classes made here are not found by name: pickle the plain one, and make it again."""
        if is_parametrized(self):
            return super().__reduce_ex__(protocol)
        return _blank, (plain_class(type(self)),), super().__reduce_ex__(protocol)[2]


def _run(layer: OpticalLayer, forward: Any, args: Any, kwargs: Any) -> Any:
    core = layer.optical_core
    if core is None:
        with OnCore(None):
            return forward(*args, **kwargs)
    site = Site(core, layer.optical_name, layer.training)
    with core.steps.root_forward(layer.training), OnCore(site):
        return forward(*args, **kwargs)


def _outside_of_graphs() -> Callable[..., Any]:
    """The forward as a function that a compiler leaves alone.

    Made where it is needed: as a decorator it would load the compiler, 2 s of CPU, for everybody.
    """
    global _uncompiled
    if _uncompiled is None:
        _uncompiled = torch.compiler.disable(_run)
    return _uncompiled


_optical_classes: dict[type[nn.Module], type[nn.Module]] = {}


def _optical_class(plain: type[nn.Module]) -> type[nn.Module]:
    if plain in _optical_classes:
        return _optical_classes[plain]
    body = {"__module__": plain.__module__, "__doc__": f"``{plain.__name__}`` on a core."}
    made = type(f"Optical{plain.__name__}", (OpticalLayer, plain), body)
    return _optical_classes.setdefault(plain, made)


def plain_class(optical: type[nn.Module]) -> type[nn.Module]:
    """The class that an optical one was made of."""
    plain: type[nn.Module] = optical.__bases__[1]
    return plain


def _blank(plain: type[nn.Module]) -> nn.Module:
    optical = _optical_class(plain)
    return optical.__new__(optical)


def put_on(module: nn.Module, core: MatrixCore | None, name: str) -> None:
    """Make a module one on a core; one that is already there moves."""
    if not isinstance(module, OpticalLayer):
        _rebase(module, _optical_class)
    module.optical_core, module.optical_name = core, name  # type: ignore[assignment]


def take_off(module: OpticalLayer) -> None:
    """Make a module the plain one that it was."""
    _rebase(module, plain_class)
    del module.optical_core, module.optical_name


def _rebase(module: nn.Module, change: Callable[[type[nn.Module]], type[nn.Module]]) -> None:
    """Change the class of a module, below the one that torch puts over a parametrized module."""
    over = type(module)
    if not is_parametrized(module):
        module.__class__ = change(over)
        return
    base = change(over.__bases__[0])
    body = {k: v for k, v in vars(over).items() if k not in ("__dict__", "__weakref__")}
    module.__class__ = type(f"Parametrized{base.__name__}", (base,), body)
