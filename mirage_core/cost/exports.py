"""Products in the formats of other simulators."""

from __future__ import annotations

from collections.abc import Sequence

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


def accelforge_yaml(products: Sequence[Product]) -> str:
    """Workload of AccelForge: an einsum ``O[g, m, n] = A[g, m, k] B[g, k, n]`` for each product.

    Each has ranks and tensors of its own, so that nothing is taken for a chain.  Its stationary
    operand is the weight; values are FP32, as memories hold them.
    """
    sizes, einsums = [], []
    for i, p in enumerate(products):
        for rank, size in (("G", p.count), ("M", p.m), ("K", p.k), ("N", p.n)):
            sizes.append(f"    {rank}{i}: {size}\n")
        einsums.append(
            f"  - name: P{_name(p, i)}\n"
            "    tensor_accesses:\n"
            f"    - {{name: A{i}, projection: [g{i}, m{i}, k{i}]}}\n"
            f"    - {{name: B{i}, projection: [g{i}, k{i}, n{i}]}}\n"
            f"    - {{name: O{i}, projection: [g{i}, m{i}, n{i}], output: True}}\n"
            f"    renames: {{weight: A{i}, input: B{i}, output: O{i}}}\n"
        )
    head = "workload:\n  rank_sizes:\n"
    return (
        head + "".join(sizes) + "\n  bits_per_value: {All: 32}\n\n  einsums:\n" + "".join(einsums)
    )


def _name(product: Product, index: int) -> str:
    layer = product.layer.replace(".", "_").replace(",", "_") or "root"
    return f"{index:03d}_{layer}_{product.computation}"
