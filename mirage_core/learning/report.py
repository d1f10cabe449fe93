"""Say which products of a network run on a core, and what does not."""

from __future__ import annotations

import sys
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils._pytree import tree_leaves

from mirage_core.core.matrix_core import MatrixCore
from mirage_core.learning.classes import plain_and_added
from mirage_core.learning.convert import is_on_core, layers_with_products, parts_never_called
from mirage_core.learning.layers import OpticalLayer, cores_of, put_on, take_off
from mirage_core.learning.on_core import OnCore, on_no_core
from mirage_core.tracing.product import Product
from mirage_core.tracing.trace import Account, account
from photonics.checks import instance_of

Tally = Counter[tuple[str, str]]
"""Multiply-accumulates by layer and computation."""

_IN_CONTEXTS = "(on_core)"


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
            are not among them.  What contexts put on cores is one line for each computation.
    """

    layers: list[LayerReport]
    unseen_macs: int | None
    not_counted: tuple[str, ...] = ()
    differences: tuple[str, ...] = ()

    def __str__(self) -> str:
        name = max((len(r.name) for r in self.layers), default=0)
        kind = max((len(r.kind) for r in self.layers), default=0)
        name, kind = max(name, len("(root)")), max(kind, len("kind"))
        lines = [f"{'layer':<{name}} {'kind':<{kind}} {'place':<8} {'MACs':>12}  reason"]
        for r in self.layers:
            macs = "-" if r.macs is None else f"{r.macs:,}"
            told = f"{r.name or '(root)':<{name}} {r.kind:<{kind}} {r.place:<8} {macs:>12}"
            lines.append(f"{told}  {r.reason}")
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
    Neither steps, ledgers, gradients nor modes of the model are changed.  What runs on light in a
    context of :func:`mirage_core.on_core` is told by a report inside of it.

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
    with _evaluating(model), _without_compiler(), ExitStack() as rehearsals:
        own = cores_of(model)
        noted = [rehearsals.enter_context(core.rehearsal()) for core in own]
        with _unconverted(model), on_no_core() as contexts:
            plain = _counted(model, given, named)
        others = [core for core in dict.fromkeys(contexts) if core not in own]
        noted += [rehearsals.enter_context(core.rehearsal()) for core in others]
        with OnCore(None):
            left = _counted(model, given, named)
    names = {m.optical_name: n for n, m in model.named_modules() if isinstance(m, OpticalLayer)}
    done = Tally()
    for product in (p for products in noted for p in products):
        done[names.get(product.layer, _IN_CONTEXTS), product.kind] += product.macs
    reached = dict.fromkeys(plain.seen.reached, 0)
    for one in plain.forward:
        reached[one.layer] = reached.get(one.layer, 0) + one.macs
    known = layers_with_products(model)
    unseen = sum(one.macs for one in left.forward if one.layer not in known)
    elsewhere = {n for n, layer in known.items() if not is_on_core(layer)}
    expected, digital = plain.seen.products, left.seen.products
    answered = set[str]()
    if contexts:
        converted = known.keys() - elsewhere
        expected, digital = (_outside(converted, each) for each in (expected, digital))
        answered = {n for n, macs in reached.items() if macs} - {one.layer for one in left.forward}
    else:
        expected = [p for p in expected if p.layer not in elsewhere]
    rows = [
        _in_context(row, contexts[0]) if row.place == "digital" and row.name in answered else row
        for row in _layers(model, reached)
    ]
    differences = _differences(expected, done, _tally(digital))
    return ConversionReport(rows, unseen, plain.seen.trace().warnings, differences)


def _outside(converted: Collection[str], products: Sequence[Product]) -> list[Product]:
    """Products, those that no converted layer asks for under one name."""
    return [p if p.layer in converted else replace(p, layer=_IN_CONTEXTS) for p in products]


def _in_context(row: LayerReport, core: MatrixCore) -> LayerReport:
    place, note = core.place
    return replace(row, place=place, reason=f"{note} by on_core".strip())


def _layers(model: nn.Module, macs: dict[str, int]) -> list[LayerReport]:
    convertible = set(layers_with_products(model).values())
    parts = parts_never_called(model)
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
            # Where a forward was on a core, nothing tells its gradients apart, if not their sum.
            gradients = [(layer, each) for each in ("dx", "dw")]
            lost = {each: expected[each] - done[each] for each in gradients}
            if sum(digital[each] for each in gradients) == sum(lost.values()):
                digital.update({each: lost[each] - digital[each] for each in gradients})
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
    with torch.enable_grad(), account(model) as seen:
        outputs = [x for x in tree_leaves(model(*given, **named)) if isinstance(x, Tensor)]
        forward = list(seen.products)
        heads = [x for x in outputs if x.requires_grad]
        trained = [p for p in model.parameters() if p.requires_grad]
        if heads and trained:
            ones = [torch.ones_like(x) for x in heads]
            torch.autograd.grad(heads, trained, ones, allow_unused=True)
    return _Count(seen, forward)


def _without_compiler() -> AbstractContextManager[Any]:
    """Compiled parts as they were written, if there can be any."""
    loaded = "torch._dynamo" in sys.modules
    return torch.compiler.set_stance("force_eager") if loaded else nullcontext()


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
