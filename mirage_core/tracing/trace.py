"""Trace of a network: one pass forward and backward without numbers, every operator looked at.

A network runs on torch's meta device, where tensors have shapes and nothing else.  What its layers
call, functional calls, attention and everything that torch runs backward included, arrives as
operators.  Products of the backward belong to the forward product whose gradient they are: torch
numbers both alike.
"""

from __future__ import annotations

import copy
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, is_dataclass, replace
from math import prod
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves, tree_map_only

from mirage_core.tracing.harmless import has_no_product, name_of
from mirage_core.tracing.operators import FORWARD, VECTORS, Operation, backward
from mirage_core.tracing.product import Computation, Product
from mirage_core.tracing.shape_rules import RULES, empty_as
from photonics.checks import instance_of
from photonics.errors import InputError
from photonics.representation import one_line


@dataclass(frozen=True)
class Trace:
    """Products of a network.

    Attributes:
        products: in the order in which they are computed.
        not_counted: operators that may hold products and are not known, with their layers.
        parameters: how many numbers are trained.
    """

    products: tuple[Product, ...]
    not_counted: tuple[tuple[str, str], ...] = ()
    parameters: int = 0

    __repr__ = one_line

    @property
    def macs(self) -> int:
        """Multiply-accumulates of all products."""
        return sum(product.macs for product in self.products)

    def of(self, *computations: Computation) -> tuple[Product, ...]:
        """Products of some computations."""
        return tuple(p for p in self.products if p.computation in computations)

    @property
    def layers(self) -> tuple[str, ...]:
        """Names of layers with products, in the order of their first one."""
        return tuple(dict.fromkeys(p.layer for p in self.products))

    @property
    def warnings(self) -> tuple[str, ...]:
        """A line for every kind of operator that was not counted."""
        layers: dict[str, list[str]] = defaultdict(list)
        for operator, layer in self.not_counted:
            layers[operator].append(layer or "(root)")
        return tuple(
            f"not counted: {operator} in {', '.join(dict.fromkeys(names))}"
            for operator, names in layers.items()
        )


def trace(
    network: nn.Module,
    inputs: Sequence[Tensor],
    *,
    training: bool = True,
    input_gradient: bool = False,
) -> Trace:
    """Products of a network for example inputs, whose numbers do not matter.

    Args:
        network: any module; it is not changed and its weights are not copied.
        inputs: what it is called with.
        training: forward and backward; otherwise forward alone, in evaluation mode.
        input_gradient: also the gradient of the inputs, which no training needs.

    Raises:
        InputError: for a network that does not run without numbers, or has nothing to train.
    """
    instance_of("network", network, nn.Module)
    given = tree_map_only(Tensor, lambda x: x.to("meta"), tuple(inputs))
    if training and input_gradient:
        given = tree_map_only(Tensor, _with_gradient, given)
    try:
        bare = without_numbers(network).train(training)
        with torch.device("meta"), account(bare) as seen, torch.set_grad_enabled(training):
            found = bare(*given)
            if training:
                _go_back(bare, found)
    except InputError:
        raise
    except Exception as error:  # whatever a forward of somebody else may raise
        raise _untraceable(network, error) from None
    return seen.trace(sum(p.numel() for p in network.parameters() if p.requires_grad))


def without_numbers(network: nn.Module) -> nn.Module:
    """A copy of a network on the meta device, made without copying a weight."""
    bare: dict[int, Any] = {}
    for p in network.parameters():
        bare[id(p)] = nn.Parameter(empty_as(p), p.requires_grad)
    for b in network.buffers():
        bare[id(b)] = empty_as(b)
    return copy.deepcopy(network, bare)


@contextmanager
def account(network: nn.Module) -> Iterator[Account]:
    """Look at every operator that runs inside, for the layers of a network."""
    seen = Account(network)
    try:
        # Operands of an einsum in their order, as a core takes them, whatever is installed.
        with torch.backends.opt_einsum.flags(enabled=False), seen:
            yield seen
    finally:
        seen.close()


class Account(TorchDispatchMode):
    """Sees operators, and enters their products under the layer that is running.

    Args:
        network: whose layers are told apart, by the module that runs innermost.

    Attributes:
        products: that were seen, in their order.
        not_counted: operators that may hold products, with their layers.
        reached: names of the modules that ran.
    """

    def __init__(self, network: nn.Module) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.products: list[Product] = []
        self.not_counted: list[tuple[str, str]] = []
        self.reached: set[str] = set()
        self._running = [""]
        # Torch numbers its nodes in their order: from which number on, which layer was running.
        self._starts, self._owners = [0], [""]
        self._made: dict[int, list[_Made]] = defaultdict(list)
        # Kept alive, so that no other storage takes the place of one that is known.
        self._storages: dict[int, Any] = {}
        self._weights = {_storage(p) for p in network.parameters()}
        self._buffers = {_storage(b) for b in network.buffers()} - {0, *self._weights}
        # Inputs of all steps of a recurrent layer are one product, as on a core, though torch does
        # them step by step without numbers: weights of inputs by layer, and places of products.
        self._of_inputs = {
            name: {_storage(p) for each, p in module.named_parameters() if "weight_ih" in each}
            for name, module in network.named_modules()
            if isinstance(module, nn.RNNBase)
        }
        self._places: dict[tuple[_Run, Computation], int] = {}
        self._handles = [
            handle
            for name, module in network.named_modules()
            if not isinstance(module, torch.jit.ScriptModule)
            for handle in self._hooks(name, module)
        ]

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        """Leave the compiler alone: to be excepted from it would load it, 2 s of CPU."""
        return False

    def close(self) -> None:
        """Take the hooks away again."""
        for handle in self._handles:
            handle.remove()

    def trace(self, parameters: int = 0) -> Trace:
        """What was seen."""
        return Trace(tuple(self.products), tuple(dict.fromkeys(self.not_counted)), parameters)

    def _hooks(self, name: str, module: nn.Module) -> list[Any]:
        def enter(_: nn.Module, __: Any) -> None:
            self._running.append(name)
            self.reached.add(name)
            note()

        def leave(_: nn.Module, __: Any, ___: Any) -> None:
            self._running.pop()
            note()

        def note() -> None:
            self._starts.append(torch._C._autograd._get_sequence_nr())
            self._owners.append(self._running[-1])

        return [
            module.register_forward_pre_hook(enter),
            module.register_forward_hook(leave, always_call=True),
        ]

    def __torch_dispatch__(
        self, func: Any, types: Any, args: Any = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        given = _positional(func, args, kwargs or {})
        result = _result(func, given, args, kwargs or {})
        tensors = [x for x in tree_leaves((args, kwargs)) if isinstance(x, Tensor)]
        self._inherit(tensors, result)
        node = torch._C._current_autograd_node()
        if name_of(func) in FORWARD and any(x.is_complex() for x in tensors):
            # Neither one product nor four: no core takes complex numbers.
            self.not_counted.append((f"{name_of(func)} of complex numbers", self._layer_of(node)))
        elif node is None or torch.is_grad_enabled():
            self._forward(func, given, len(tensors))
        else:
            self._backward(func, given, tensors, result, node)
        return result

    def _layer_of(self, node: Any) -> str:
        """The layer that is running, or ran when the node was made whose backward runs."""
        if node is None or torch.is_grad_enabled():
            return self._running[-1]
        return self._owners[bisect_right(self._starts, node._sequence_nr()) - 1]

    def _inherit(self, tensors: list[Tensor], result: Any) -> None:
        """What is made of weights counts as a weight: casts, transposes, sums, with buffers too."""
        storages = {_storage(t) for t in tensors}
        if not storages or not storages <= self._weights | self._buffers:
            return
        known = self._weights if storages & self._weights else self._buffers
        for made in tree_leaves(result):
            if isinstance(made, Tensor):
                known.add(self._keep(made))

    def _keep(self, tensor: Tensor) -> int:
        storage = _storage(tensor)
        self._storages.setdefault(storage, tensor.untyped_storage())
        return storage

    def _weighs(self, tensor: Tensor) -> bool:
        return _storage(tensor) in self._weights

    def _forward(self, func: Any, args: Sequence[Any], tensors: int) -> None:
        name, layer = name_of(func), self._running[-1]
        if name not in FORWARD:
            if backward(name, args) is None and not has_no_product(func, tensors):
                self.not_counted.append((name, layer))
            return
        number = torch._C._autograd._get_sequence_nr() - 1
        for operation in FORWARD[name](args, self._weighs):
            product = replace(operation.product, layer=layer, operator=name)
            first, second = self._keep(operation.first), self._keep(operation.second)
            run = (first, len(self._starts)) if first in self._of_inputs.get(layer, ()) else None
            self._enter(product, run)
            self._made[number].append(_Made(product, first, second, run))

    def _enter(self, product: Product, run: _Run | None) -> None:
        """Enter a product, or add its vectors to that of the same run and computation."""
        if run is not None:
            place = self._places.setdefault((run, product.computation), len(self.products))
            if place < len(self.products):
                before = self.products[place]
                if product.computation == "dw":
                    self.products[place] = replace(before, k=before.k + product.k)
                else:
                    self.products[place] = replace(before, n=before.n + product.n)
                return
        self.products.append(product)

    def _backward(
        self, func: Any, args: Sequence[Any], tensors: list[Tensor], result: Any, node: Any
    ) -> None:
        name, made = name_of(func), self._made.get(node._sequence_nr(), [])
        layer = self._layer_of(node)
        whole = backward(name, args)
        if whole is not None:
            self.products += [replace(p, layer=layer, operator=name) for p in whole]
        elif name in FORWARD:
            for operation in FORWARD[name](args, self._weighs):
                gradient, run = _gradient(operation, made, name)
                self._enter(replace(gradient, layer=layer), run)
        elif name == "aten::mul" and made and made[0].product.operator in VECTORS:
            self.products += _of_vectors(made[0], tensors, result, name)
        elif not has_no_product(func, len(tensors)):
            self.not_counted.append((name, layer))


_Run = tuple[int, int]
"""Products with the inputs of a recurrent layer: storage of the weight, and when the layer ran."""


@dataclass(frozen=True)
class _Made:
    """A product of the forward pass, the storages of its operands, and gradients found so far."""

    product: Product
    first: int
    second: int
    run: _Run | None = None
    given: set[Computation] = field(default_factory=set)


def _gradient(operation: Operation, made: list[_Made], name: str) -> tuple[Product, _Run | None]:
    """The product of a backward as dx or dw of its forward product, and the run of that."""
    reads = {_storage(operation.first), _storage(operation.second)}
    found = operation.product
    for each in made:
        computation = _which(found, each, reads)
        gradient = each.product.of(computation)
        if (gradient.macs, gradient.k) == (found.macs, found.k):
            each.given.add(computation)
            return replace(gradient, operator=name), each.run
    return replace(found, computation="dx", operator=name), None


def _which(found: Product, made: _Made, reads: set[int]) -> Computation:
    """Whether a product is dx or dw of another.

    The gradient of the first operand is made with the second one, and the other way round.  Where
    one tensor is both, or neither is known again, the contracted axis tells, and else the order.
    """
    with_first, with_second = made.first in reads, made.second in reads
    if with_first != with_second:
        return "dx" if with_first else "dw"
    if made.product.m != made.product.n:
        return "dx" if found.k == made.product.m else "dw"
    return "dw" if "dx" in made.given else "dx"


def _of_vectors(made: _Made, tensors: list[Tensor], result: Tensor, name: str) -> list[Product]:
    """Gradients of a product with a vector, multiplied element by element."""
    reads = {_storage(t) for t in tensors}
    found: list[Product] = []
    gradients: tuple[tuple[int, Computation], ...] = ((made.second, "dw"), (made.first, "dx"))
    for storage, computation in gradients:
        gradient = made.product.of(computation)
        if storage in reads and gradient.values[2] == prod(result.shape):
            found.append(replace(gradient, operator=name))
    return found[:1]


def _storage(tensor: Tensor) -> int:
    """Number of the storage of a tensor, zero for a sparse one, which has several."""
    return int(tensor.untyped_storage()._cdata) if tensor.layout == torch.strided else 0


def _positional(func: Any, args: Sequence[Any], kwargs: dict[str, Any]) -> list[Any]:
    """All arguments in the order of the schema, those left out with their defaults."""
    given = list(args)
    for argument in func._schema.arguments[len(given) :]:
        given.append(kwargs.get(argument.name, argument.default_value))
    return given


def _result(func: Any, given: Sequence[Any], args: Any, kwargs: dict[str, Any]) -> Any:
    """What an operator returns; without its numbers where they are not needed."""
    rule, first = RULES.get(name_of(func)), given[0] if given else None
    told = None
    if rule is not None and isinstance(first, Tensor) and first.device.type == "meta":
        told = rule(given)
    return func(*args, **kwargs) if told is None else told


def _with_gradient(x: Tensor) -> Tensor:
    return x.detach().requires_grad_() if x.is_floating_point() else x


def _tensors(found: Any) -> Iterator[Tensor]:
    """Tensors of what a network returns, those of dataclasses too."""
    for leaf in tree_leaves(found):
        if isinstance(leaf, Tensor):
            yield leaf
        elif is_dataclass(leaf):
            yield from _tensors(list(vars(leaf).values()))


def _go_back(network: nn.Module, found: Any) -> None:
    outputs = [x for x in _tensors(found) if x.requires_grad]
    if not outputs:
        raise InputError(
            "network",
            type(network).__name__,
            "has nothing to train: no output depends on a parameter",
            "price inference alone: --inference",
        )
    torch.autograd.backward(outputs, [empty_as(x) for x in outputs])


def _untraceable(network: nn.Module, error: Exception) -> InputError:
    said = " ".join(str(error).split()).partition(". ")[0] or type(error).__name__
    return InputError(
        "network",
        type(network).__name__,
        f"must run without numbers, on torch's meta device, and does not: {said[:160]}",
        "take values of tensors out of its forward, or give inputs that fit",
    )
