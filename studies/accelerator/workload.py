"""The network that is to be priced, by name or as somebody's own."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor, nn

from mirage_core.cost.published.counting import PAPER, products, ungrouped
from mirage_core.networks.catalogue import NETWORKS, full_size
from mirage_core.networks.own import imported, told
from mirage_core.tracing.product import Product
from mirage_core.tracing.trace import Trace, trace
from photonics.checks import whole_number
from photonics.errors import FOREIGN_ERRORS, InputError

INPUT = "--input"
_KINDS = {"": torch.float32, "float": torch.float32, "int": torch.int64}


@dataclass(frozen=True)
class Workload:
    """What is computed in a step.

    Attributes:
        network: as it was named.
        batch: samples.
        training: forward, dx and dw, or forward alone.
        trace: its products.
    """

    network: str
    batch: int
    training: bool
    trace: Trace

    @property
    def products(self) -> tuple[Product, ...]:
        """All products."""
        return self.trace.products


def workload(
    network: str,
    batch: int,
    *,
    training: bool = True,
    shape: str | None = None,
    as_published: bool = False,
) -> Workload:
    """Trace a network.

    Args:
        network: a name of the catalogue, or ``module:callable`` of what makes a module.
        batch: samples of a step.
        training: whether gradients are computed.
        shape: of one sample, ``3,224,224``, or ``128:int`` for so many whole numbers; needed for a
            network of somebody's own.
        as_published: counted as the paper must have; see
            :mod:`mirage_core.cost.published.counting`.

    Raises:
        InputError: for a network that there is not, that cannot be traced, or without products.
    """
    batch = whole_number("--batch", batch, least=1)
    sample = None if shape is None else _sample(shape)
    if ":" in network:
        if sample is None:
            allowed = "must be given with a network of your own"
            raise InputError(INPUT, None, allowed, "write the shape of one sample: 3,224,224")
        inputs = [sample.expand(batch, *sample.shape)]
        found = _traced(_own(network), inputs, training, as_published)
    else:
        known = full_size(network)
        if sample is not None:
            known = replace(known, shape=tuple(sample.shape))
        found = known.trace(batch, training=training, input_gradient=as_published)
    if as_published:
        found = replace(found, products=_as_published(network, batch, found, shape))
    if not found.products:
        raise _without_products(network, found)
    return Workload(network, batch, training, found)


def _without_products(network: str, found: Trace) -> InputError:
    """What to say of a network that leaves nothing to price."""
    said = "; ".join(found.warnings) or "none of its operators multiplies matrices"
    return InputError("network", network, f"has no product to price: {said}")


def _as_published(network: str, batch: int, found: Trace, shape: str | None) -> tuple[Product, ...]:
    """Products of one of the paper's networks, or of another, counted in its way."""
    if network not in NETWORKS or shape is not None:
        return tuple(ungrouped(p).padded_on_one_side for p in found.products)
    computations = {p.computation for p in found.products}
    counted = products(network, PAPER, batch)
    return tuple(p for p in counted if p.computation in computations)


def _traced(module: nn.Module, inputs: list[Tensor], training: bool, input_gradient: bool) -> Trace:
    """Trace a network of somebody's own, which may want whole numbers."""
    try:
        return trace(module, inputs, training=training, input_gradient=input_gradient)
    except InputError as error:
        looks_up = any(
            isinstance(part, nn.Embedding | nn.EmbeddingBag) for part in module.modules()
        )
        if not looks_up or not inputs[0].is_floating_point():
            raise
        sizes = ",".join(map(str, inputs[0].shape[1:]))
        remedy = f"for whole numbers, which its embedding takes, write {INPUT} {sizes}:int"
        raise InputError(error.field, error.value, error.allowed, remedy) from None


def _sample(shape: str) -> Tensor:
    """One sample without numbers, from its shape and its kind."""
    sizes, _, kind = shape.partition(":")
    try:
        listed = [int(part) for part in sizes.split(",")]
    except ValueError:
        listed = []
    if not listed or min(listed) < 1:
        raise InputError(INPUT, shape, "must be whole numbers above 0: 3,224,224")
    if kind not in _KINDS:
        raise InputError(INPUT, shape, f"ends in {kind!r}", "write 128:int for whole numbers")
    return torch.empty(listed, dtype=_KINDS[kind], device="meta")


def _own(network: str) -> nn.Module:
    """A module from ``module:callable``, found from the present folder too."""
    made = imported("network", network, f"or one of {', '.join(NETWORKS)}")
    module = made if isinstance(made, nn.Module) else _made(network, made)
    if not isinstance(module, nn.Module):
        allowed = "must be, or make, a torch.nn.Module"
        raise InputError("network", network, f"{allowed}, and makes a {type(module).__name__}")
    return module


def _made(network: str, make: Any) -> Any:
    """What a callable makes: without numbers if it can, which is quicker, and else with them."""
    try:
        with torch.device("meta"):
            return make()
    except FOREIGN_ERRORS:  # some look at their numbers
        try:
            return make()
        except FOREIGN_ERRORS as error:
            said = f"must make a module without arguments: {told(error)}"
            raise InputError("network", network, said) from None
