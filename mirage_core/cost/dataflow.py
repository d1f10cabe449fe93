"""Which operand sits still, and the choice of the quickest.

* DF1: the first operand A (the weight, its transpose, the gradient of the output).
* DF2: the second one B.
* DF3: the output; only for arrays that add up in place.

OPT1 takes the quickest of these for each computation, the same for all layers; OPT2 for each
product.

Source: Demirkiran et al., ISCA 2024, arXiv 2311.17323, Sec. V-B and VI-A3.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Literal

from mirage_core.tracing.product import COMPUTATIONS, Product

Dataflow = Literal["DF1", "DF2", "DF3"]
Choice = Literal["DF1", "DF2", "DF3", "OPT1", "OPT2"]
CHOICES: tuple[Choice, ...] = ("DF1", "DF2", "DF3", "OPT1", "OPT2")

Time = Callable[[Product, Dataflow], float]


def chosen(
    products: Sequence[Product], choice: Choice, dataflows: Iterable[Dataflow], time_s: Time
) -> list[Dataflow]:
    """Dataflow of every product.

    Args:
        products: of a network.
        choice: how to choose.
        dataflows: those that the hardware can do.
        time_s: of a product in a dataflow.
    """
    able = tuple(dataflows)
    if choice == "OPT2":
        return [min(able, key=lambda flow: time_s(product, flow)) for product in products]
    if choice == "OPT1":
        best = {
            computation: min(able, key=lambda flow: _total(products, computation, flow, time_s))
            for computation in COMPUTATIONS
        }
        return [best[product.computation] for product in products]
    return [choice] * len(products)


def _total(products: Sequence[Product], computation: str, flow: Dataflow, time_s: Time) -> float:
    return sum(time_s(p, flow) for p in products if p.computation == computation)


def placed(product: Product, dataflow: Dataflow) -> Product:
    """The product with the operand that sits still as its first one."""
    return product.turned if dataflow == "DF2" else product
