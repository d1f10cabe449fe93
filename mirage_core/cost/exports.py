"""Products in the formats of other simulators."""

from __future__ import annotations

import json
from collections.abc import Sequence

from mirage_core.cost.array import ModularArray
from mirage_core.tracing.product import Product


def scale_sim_csv(products: Sequence[Product]) -> str:
    """Topology of SCALE-Sim for products (``-i gemm``): a layer for each, M vectors by N by K.

    Its M counts the vectors that stream, its N the columns of the weight.  A product that there is
    several times of is written once for each.
    """
    lines = ["Layer,M,N,K,"]
    for i, p in enumerate(products):
        for copy in range(p.count):
            lines.append(f"{_name(p, i)}_{copy},{p.n},{p.m},{p.k},")
    return "\n".join(lines) + "\n"


def timeloop_yaml(products: Sequence[Product], array: ModularArray) -> str:
    """A plain list of matrix products in YAML, one document for each, after one of the arrays.

    Its words are those of Timeloop's problems.  It is no input file: neither Timeloop, which wants
    an architecture and a mapping of its own, nor AccelForge, which loads a ``workload`` of einsums,
    takes it as it is.
    """
    documents = [_PLAIN + _architecture(array)]
    for i, p in enumerate(products):
        documents.append(
            "problem:\n"
            f"  name: {json.dumps(_name(p, i))}\n"
            "  shape:\n"
            "    dimensions: [G, M, K, N]\n"
            "    data_spaces:\n"
            "      - {name: A, projection: [[[G]], [[M]], [[K]]]}\n"
            "      - {name: B, projection: [[[G]], [[K]], [[N]]]}\n"
            "      - {name: O, projection: [[[G]], [[M]], [[N]]], read_write: true}\n"
            f"  instance: {{G: {p.count}, M: {p.m}, K: {p.k}, N: {p.n}}}\n"
        )
    return "---\n".join(documents)


_PLAIN = "# Matrix products O[G,M,N] = A[G,M,K] B[G,K,N]; a plain list, no input of a simulator.\n"


def _architecture(array: ModularArray) -> str:
    return (
        "architecture:\n"
        f"  units: {array.units}\n"
        f"  rows: {array.rows}\n"
        f"  length: {array.length}\n"
        f"  symbol_s: {array.symbol_s:.6g}\n"
        f"  load_s: {array.load_s:.6g}\n"
    )


def _name(product: Product, index: int) -> str:
    layer = product.layer.replace(".", "_").replace(",", "_") or "root"
    return f"{index:03d}_{layer}_{product.computation}"
