"""Fidelity of a network on a machine, product by product: where light, format and errors tell."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any, TypeVar

import torch
from torch import Tensor, nn

from mirage_core.core.matrix_core import MatrixCore
from mirage_core.core.tensor_core import TensorCore
from mirage_core.fidelity.watched import Fp32Core, Place, Watched, WatchedCore, energy
from mirage_core.learning.convert import convert
from mirage_core.learning.layers import OpticalLayer
from photonics.checks import instance_of
from photonics.errors import InputError
from photonics.units import power_to_db

CoreT = TypeVar("CoreT", bound=MatrixCore)

_KINDS = ("forward", "dx", "dw")


@dataclass(frozen=True)
class ProductFidelity:
    """One kind of product of one layer: forward, gradient of the input, gradient of the weight.

    Ratios are of signal to error in power, over all products of a step, and infinite where nothing
    is off.  Those of one product compare with the exact product of the very operands it had.

    Attributes:
        layer: name in the model.
        kind: ``forward``, ``dx`` or ``dw``.
        integers: dot products of groups.
        sqnr_db: of the product on the machine, against that of its FP32 operands.
        quantised_sqnr_db: the same of exact integers: what the format alone leaves.
        light_sqnr_db: of the product on the machine, against that of exact integers: what light
            and its errors leave.
        cosine: between outputs (for dw the gradient of the layer's weights, summed over its calls)
            of the network on the machine and of the same network in FP32, errors of all products
            before it included; none where either is zero.
        random_errors: residues that one reading has wrong by chance; see
            :mod:`mirage_core.fidelity.repeats`.
        persistent_errors: residues that any reading has wrong.
        wrong: integers that were wrong in the end.
        dropped: integers that were given up, and count as zero.
        evaluated: readouts that were evaluated, and not screened, over all; none without light.
    """

    layer: str
    kind: str
    integers: int
    sqnr_db: float
    quantised_sqnr_db: float
    light_sqnr_db: float
    cosine: float | None
    random_errors: float
    persistent_errors: float
    wrong: int
    dropped: int
    evaluated: float | None

    def as_dict(self) -> dict[str, Any]:
        """Plain numbers; infinite ratios are None."""
        return {k: None if v in (math.inf, -math.inf) else v for k, v in asdict(self).items()}


def layer_fidelity(
    model: nn.Module, core: TensorCore, loss: Callable[[nn.Module], Tensor]
) -> list[ProductFidelity]:
    """What every product of one training step of a network loses on a core.

    The step is the first of a run with the core's seed.  Model, core and ledger stay as they are:
    copies of the model are put on the core, and into FP32, with all their layers.

    Args:
        model: plain or converted, in the mode that it is to be looked at in.
        core: the core.
        loss: runs a model on a batch and returns its loss.

    Returns:
        Rows in the order of the layers' first forward.

    Raises:
        InputError: for what is no model or core, or a loss that is no number.

    Example:
        >>> light = TensorCore("isca2024-ideal", fidelity="integer")
        >>> x = torch.linspace(-1, 1, 8).view(2, 4)
        >>> rows = layer_fidelity(nn.Linear(4, 3), light, lambda model: model(x).square().sum())
        >>> [(row.kind, row.light_sqnr_db) for row in rows]
        [('forward', inf), ('dw', inf)]
    """
    instance_of("model", model, nn.Module)
    instance_of("core", core, TensorCore, "make one with TensorCore(preset)")
    plain, plain_core = _stepped(model, Fp32Core(core.seed), loss)
    twin, watched = _stepped(model, WatchedCore(core), loss)
    expected, found = _weight_gradients(plain), _weight_gradients(twin)
    layers = dict.fromkeys(layer for layer, _ in watched.seen)
    rows = []
    for layer, kind in ((layer, kind) for layer in layers for kind in _KINDS):
        if (layer, kind) not in watched.seen:
            continue
        seen = watched.seen[layer, kind]
        pair = plain_core.outputs[layer, kind], seen.outputs
        if kind == "dw" and layer in found:
            pair = expected[layer], found[layer]
        rows.append(_row((layer, kind), seen, _cosine(*pair), lit=core.fidelity != "integer"))
    return rows


def _stepped(
    model: nn.Module, core: CoreT, loss: Callable[[nn.Module], Tensor]
) -> tuple[nn.Module, CoreT]:
    """A copy of the model on a core after forward and backward, with the core."""
    twin = convert(copy.deepcopy(model), core)
    twin.zero_grad()
    with torch.random.fork_rng(), core.step(0):
        # Dropout draws the same in both networks.
        torch.manual_seed(core.seed)
        value = loss(twin)
        if not isinstance(value, Tensor) or value.numel() != 1 or not value.requires_grad:
            remedy = "let weights require gradients, and detach nothing on the way"
            allowed = "must return a number with a gradient"
            raise InputError("loss", type(value).__name__, allowed, remedy)
        value.backward()
    return twin, core


def _weight_gradients(model: nn.Module) -> dict[str, list[Tensor]]:
    """Gradients of the weights of every layer, by its name on the core."""
    layers = (module for module in model.modules() if isinstance(module, OpticalLayer))
    return {layer.optical_name: list(_gradients(layer)) for layer in layers}


def _gradients(layer: nn.Module) -> Iterator[Tensor]:
    for parameter in layer.parameters():
        # Biases are added digitally.
        if parameter.ndim > 1 and parameter.grad is not None:
            yield parameter.grad


def _row(place: Place, seen: Watched, cosine: float | None, lit: bool) -> ProductFidelity:
    energies, counts = seen.energies, seen.counts
    return ProductFidelity(
        *place,
        integers=counts.integers,
        sqnr_db=_ratio_db(energies.signal, energies.optical),
        quantised_sqnr_db=_ratio_db(energies.signal, energies.quantised),
        light_sqnr_db=_ratio_db(energies.exact, energies.light),
        cosine=cosine,
        random_errors=sum(repeats.random for repeats in seen.repeats),
        persistent_errors=sum(repeats.persistent for repeats in seen.repeats),
        wrong=counts.wrong_integers,
        dropped=counts.dropped,
        # Injected errors have readings, but no readouts that light could be evaluated for.
        evaluated=1.0 - counts.screened / counts.readouts.total() if lit else None,
    )


def _ratio_db(signal: float, error: float) -> float:
    """Signal over error, dB; infinite without an error, minus infinite without a signal."""
    if error == 0.0:
        return math.inf
    return power_to_db(signal / error) if signal else -math.inf


def _cosine(expected: Sequence[Tensor], found: Sequence[Tensor]) -> float | None:
    """Of the angle between two lists of tensors, each taken as one vector."""
    pairs = list(zip(expected, found, strict=True))
    along = sum(float((a.double() * b.double()).sum()) for a, b in pairs)
    lengths = math.sqrt(sum(energy(a) for a, _ in pairs) * sum(energy(b) for _, b in pairs))
    return along / lengths if lengths else None
