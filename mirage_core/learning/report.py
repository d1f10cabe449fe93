"""Say which products of a network run on a core, and what does not."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils._pytree import tree_leaves

from mirage_core.learning.classes import plain_and_added
from mirage_core.learning.convert import (
    cores_of,
    is_on_core,
    layers_with_products,
    parts_of_attention,
)
from mirage_core.learning.layers import OpticalLayer, put_on, take_off
from mirage_core.learning.on_core import OnCore
from mirage_core.tracing.product import Product
from mirage_core.tracing.trace import Account, account
from photonics.checks import instance_of

Tally = Counter[tuple[str, str]]
"""Multiply-accumulates by layer and computation."""


@dataclass(frozen=True)
class LayerReport:
    """Where one layer runs.

    Attributes:
        name: its name in the model.
        kind: its class.
        place: ``optical``, ``format`` (products in another number format), ``mixed`` (its three
            products on several cores) or ``digital``.
        reason: why it is digital, or in which format; empty if optical.
        macs: multiply-accumulates of one forward; none if the layer was not reached.
    """

    name: str
    kind: str
    place: str
    reason: str
    macs: int | None


@dataclass(frozen=True)
class ConversionReport:
    """What runs on light and what stays digital.

    Attributes:
        layers: one for each layer.
        unseen_macs: multiply-accumulates of a forward outside of layers, which are digital; none
            if nothing was run.
        not_counted: operators that may hold products and are not known.
        differences: a line for every layer and computation of which the cores did not do exactly
            what its operators count, with what was digital; layers that are digital as a whole
            are not among them.
    """

    layers: list[LayerReport]
    unseen_macs: int | None
    not_counted: tuple[str, ...] = ()
    differences: tuple[str, ...] = ()

    def __str__(self) -> str:
        lines = [f"{'layer':<24} {'kind':<16} {'place':<8} {'MACs':>12}  reason"]
        for r in self.layers:
            macs = "-" if r.macs is None else f"{r.macs:,}"
            lines.append(
                f"{r.name or '(root)':<24} {r.kind:<16} {r.place:<8} {macs:>12}  {r.reason}"
            )
        if self.unseen_macs:
            lines.append(
                f"and {self.unseen_macs:,} MACs outside of layers "
                "(functional calls, attention, @): digital"
            )
        return "\n".join([*lines, *self.differences, *self.not_counted])


def report(
    model: nn.Module, example_input: Any = None, *inputs: Any, **named: Any
) -> ConversionReport:
    """Say which layers run on light, which stay digital and why.

    With inputs, the model runs twice in evaluation mode, forward and backward: once plain, where
    its operators are counted, and once as it is, where the cores note what they are asked for.
    Neither steps, ledgers, gradients nor modes of the model are changed.

    Args:
        model: converted or not.
        example_input: what the model is called with, if anything is to be counted.
        inputs: further inputs.
        named: inputs by name.
    """
    instance_of("model", model, nn.Module)
    if example_input is None and not named:
        return ConversionReport(_layers(model, {}), None)
    given = (*(() if example_input is None else (example_input,)), *inputs)
    with _evaluating(model), ExitStack() as rehearsals:
        noted = [rehearsals.enter_context(core.rehearsal()) for core in cores_of(model)]
        with _unconverted(model):
            plain = _counted(model, given, named)
        left = _counted(model, given, named)
    names = {m.optical_name: n for n, m in model.named_modules() if isinstance(m, OpticalLayer)}
    done = Tally()
    for product in (p for products in noted for p in products):
        done[names.get(product.layer, product.layer), product.kind] += product.macs
    reached = dict.fromkeys(plain.seen.reached, 0)
    for one in plain.forward:
        reached[one.layer] = reached.get(one.layer, 0) + one.macs
    known = layers_with_products(model)
    unseen = sum(one.macs for one in left.forward if one.layer not in known)
    listed = {n for n, layer in known.items() if not is_on_core(layer)}
    of_cores = [p for p in plain.seen.products if p.layer not in listed]
    differences = _differences(of_cores, done, _tally(left.seen.products))
    not_counted = plain.seen.trace().warnings
    return ConversionReport(_layers(model, reached), unseen, not_counted, differences)


def _layers(model: nn.Module, macs: dict[str, int]) -> list[LayerReport]:
    convertible = set(layers_with_products(model).values())
    parts = parts_of_attention(model)
    found = []
    for name, module in model.named_modules():
        if module in parts:
            continue
        core = module.optical_core if isinstance(module, OpticalLayer) else None
        kind = (plain_and_added(type(module))[0] if core is None else type(module)).__name__
        if core is not None:
            place, note = core.place
            found.append(LayerReport(name, kind, place, note, macs.get(name)))
        elif module in convertible:
            found.append(LayerReport(name, kind, "digital", "not converted", macs.get(name)))
        elif next(iter(module.parameters(recurse=False)), None) is not None:
            reason = "no optical form of this layer"
            found.append(LayerReport(name, kind, "digital", reason, macs.get(name)))
    return found


def _differences(products: Sequence[Product], done: Tally, digital: Tally) -> tuple[str, ...]:
    expected, operators = _tally(products), defaultdict[tuple[str, str], set[str]](set)
    for product in products:
        operators[product.layer, product.computation].add(product.operator)
    lines = []
    for layer, kind in sorted({*expected, *done}):
        wanted, found = expected[layer, kind], done[layer, kind]
        if wanted != found:
            by = ", ".join(sorted(operators[layer, kind])) or "none"
            lines.append(
                f"differs: {layer or '(root)'} {kind}: operators ({by}) count {wanted:,} MACs, "
                f"cores did {found:,}, digital {digital[layer, kind]:,}"
            )
    return tuple(lines)


def _tally(products: Sequence[Product]) -> Tally:
    tally = Tally()
    for product in products:
        tally[product.layer, product.computation] += product.macs
    return tally


@dataclass(frozen=True)
class _Count:
    """Operators of a forward and a backward, and the products of the forward."""

    seen: Account
    forward: list[Product]


def _counted(model: nn.Module, given: tuple[Any, ...], named: dict[str, Any]) -> _Count:
    """What torch's operators do, in encoders layer by layer."""
    with torch.enable_grad(), account(model) as seen, OnCore(None):
        outputs = [x for x in tree_leaves(model(*given, **named)) if isinstance(x, Tensor)]
        forward = list(seen.products)
        heads = [x for x in outputs if x.requires_grad]
        trained = [p for p in model.parameters() if p.requires_grad]
        if heads and trained:
            ones = [torch.ones_like(x) for x in heads]
            torch.autograd.grad(heads, trained, ones, allow_unused=True)
    return _Count(seen, forward)


@contextmanager
def _evaluating(model: nn.Module) -> Iterator[None]:
    training = {m: m.training for m in model.modules()}
    model.eval()
    try:
        yield
    finally:
        for module, mode in training.items():
            module.training = mode


@contextmanager
def _unconverted(model: nn.Module) -> Iterator[None]:
    """The layers of a model in their plain form."""
    converted = [
        (m, m.optical_core, m.optical_name) for m in model.modules() if isinstance(m, OpticalLayer)
    ]
    for module, _, _ in converted:
        take_off(module)
    try:
        yield
    finally:
        for module, core, name in converted:
            put_on(module, core, name)
