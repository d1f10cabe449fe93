"""How the paper must have counted products: derived from what it draws, not printed anywhere.

Each of these is needed for its drawn numbers, and together they meet them: Fig. 6 within 0.2
percentage points, Fig. 7 and the runtimes of Fig. 8 within 0.2 %, for all seven networks.

* Convolutions are padded along one axis of the image alone.
* The first convolution of AlexNet makes 55 x 55 pixels, as from 227 without padding.
* Depthwise convolutions count as ordinary ones, each output channel seeing all input channels.
* The gradient of the first layer's input, which no training needs, is counted.
* Of the transformer only the two feed-forward layers are counted, 768 to 2048 and back (2048 is
  what torch's transformers take by default), on 16 positions, sample after sample: neither
  attention nor its projections.
* One product follows the other; units do not share them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache

from mirage_core.networks.alexnet import AlexNet
from mirage_core.networks.catalogue import FullSize, full_size
from mirage_core.tracing.product import COMPUTATIONS, Product
from photonics.representation import one_line

BATCH = 256
"""Samples of a training step."""

_LAYERS, _WIDTH, _HIDDEN, _POSITIONS = 12, 768, 2048, 16


@dataclass(frozen=True)
class Counting:
    """Which of these readings are taken; none of them is right in hindsight but the sizes.

    Attributes:
        one_sided_padding: padding along one axis alone.
        dense_depthwise: grouped convolutions without their groups.
        feed_forward_alone: the transformer without attention.
        input_gradient: dx of the first layer.
    """

    one_sided_padding: bool = True
    dense_depthwise: bool = True
    feed_forward_alone: bool = True
    input_gradient: bool = True

    __repr__ = one_line


PAPER = Counting()
"""As the paper must have counted."""
CORRECT = Counting(False, False, False, False)
"""As the networks are."""


@cache
def products(name: str, counting: Counting = PAPER, batch: int = BATCH) -> tuple[Product, ...]:
    """Products of a training step of one of the seven networks.

    Args:
        name: as in :data:`mirage_core.networks.catalogue.NETWORKS`.
        counting: how to count.
        batch: samples of the step.
    """
    if name == "transformer" and counting.feed_forward_alone:
        return _feed_forward(batch)
    found = _network(name).trace(batch, input_gradient=counting.input_gradient).products
    if counting.dense_depthwise:
        found = tuple(ungrouped(p) for p in found)
    if counting.one_sided_padding:
        found = tuple(p.padded_on_one_side for p in found)
    return found


def _network(name: str) -> FullSize:
    """A network with the sizes that the paper draws."""
    network = full_size(name)
    if name == "alexnet":
        return replace(network, build=lambda: AlexNet(first_padding=0), shape=(3, 227, 227))
    return network


def _feed_forward(batch: int) -> tuple[Product, ...]:
    shapes = ((_HIDDEN, _WIDTH), (_WIDTH, _HIDDEN))
    return tuple(
        Product(f"layers.{i}.{j}", "forward", m, k, _POSITIONS, batch).of(computation)
        for i in range(_LAYERS)
        for j, (m, k) in enumerate(shapes)
        for computation in COMPUTATIONS
    )


def ungrouped(product: Product) -> Product:
    """A grouped convolution as if every output saw every input; others as they are."""
    groups = product.count
    if product.sliding is None or groups == 1:
        return product
    if product.computation == "dw":
        return replace(product, m=product.m * groups, n=product.n * groups, count=1)
    return replace(product, m=product.m * groups, k=product.k * groups, count=1)
