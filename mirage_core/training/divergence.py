"""Where a training diverged: which layer, which product, and how well the products were read."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from mirage_core.core.matrix_core import MatrixCore
from photonics.errors import InputError


class Diagnosis(NamedTuple):
    """What was found.

    Attributes:
        layer: name of the first layer that is no longer finite.
        product: of it, that is not finite: forward, dw, or none where only the update is.
        said: that, in words.
    """

    layer: str
    product: str
    said: str


class DivergedError(InputError):
    """A training whose loss or weights can no longer be used.

    Attributes:
        report: plain numbers and words of what happened.
    """

    def __init__(
        self,
        learning_rate: float,
        where: str,
        loss: float,
        found: Diagnosis,
        core: MatrixCore | None,
    ) -> None:
        self.report = {
            "where": where,
            "loss": loss if math.isfinite(loss) else str(loss),
            "layer": found.layer,
            "product": found.product,
            "readouts": "none" if core is None else products_of(core),
        }
        whose = "FP32" if core is None else core.place[0]
        said = f"{whose} training diverged at {where}, loss {loss:.3g}: {found.said}"
        if core is not None:
            said = f"{said}; {self.report['readouts']}"
        super().__init__("learning_rate", learning_rate, said, "lower it, or clip gradients")


def diagnose(model: nn.Module, forward: Callable[[], Any]) -> Diagnosis:
    """The first layer of a model that is no longer finite.

    Args:
        model: the model.
        forward: runs it once more as it was run.
    """
    parameters = list(model.named_parameters())
    # Gradients are computed from the last layer to the first.
    for name, p in reversed(parameters):
        if p.grad is not None and not _finite(p.grad):
            layer = _layer(name)
            return Diagnosis(layer, "dw", f"gradient of layer {layer} (product dw) is not finite")
    for name, p in parameters:
        if not _finite(p):
            layer = _layer(name)
            return Diagnosis(
                layer, "none", f"update of layer {layer} overflowed, all products finite"
            )
    return _in_forward(model, forward)


def products_of(core: MatrixCore) -> str:
    """Readouts and integers that a core had wrong, and its products, in words."""
    total = core.ledger.total
    kinds = ", ".join(f"{n.gemms:,} {kind}" for kind, n in core.ledger.kinds.items())
    return (
        f"{total.errors.total():,} of {total.readouts.total():,} readouts and "
        f"{total.wrong_integers:,} of {total.integers:,} integers wrong in {kinds or 'no'} products"
    )


def _in_forward(model: nn.Module, forward: Callable[[], Any]) -> Diagnosis:
    """The first layer without finite outputs, else that with the largest."""
    largest: dict[str, float] = {}

    def watch(name: str) -> Any:
        def look(module: nn.Module, inputs: Any, output: Any) -> None:
            if isinstance(output, Tensor):
                largest.setdefault(name, float(output.detach().abs().max()))

        return look

    leaves = [(n, m) for n, m in model.named_modules() if not list(m.children())]
    hooks = [module.register_forward_hook(watch(name)) for name, module in leaves]
    try:
        with torch.no_grad():
            forward()
    finally:
        for hook in hooks:
            hook.remove()
    lost = [name for name, most in largest.items() if not math.isfinite(most)]
    if lost:
        layer = lost[0]
        return Diagnosis(layer, "forward", f"outputs of layer {layer} (product forward) overflow")
    layer = max(largest, key=lambda name: largest[name])
    said = f"outputs of layer {layer} (product forward) reach {largest[layer]:.3g}"
    return Diagnosis(layer, "forward", said)


def _finite(x: Tensor) -> bool:
    return bool(torch.isfinite(x).all())


def _layer(parameter: str) -> str:
    return parameter.rpartition(".")[0] or "(root)"
