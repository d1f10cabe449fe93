"""What a network sees of a machine: errors of its products.

Legend of shapes: M row of the result, K contracted axis, N column of the result.
"""

from __future__ import annotations

from photonics.random import NoiseKey
from studies.metrics.evaluation import Evaluation
from studies.metrics.registry import metric

_SIDE = 64


@metric("gemm_error", "", "rms error of a Gaussian product over its rms, against FP64", "log")
def gemm_error(at: Evaluation) -> float:
    """A product of 64 x depth x 64 through the machine's own chip, number format included."""
    key = NoiseKey.from_seed(at.seed).fold("study", "operands")
    depth = at.conditions.depth
    a = key.fold("a").normal(0, _SIDE * depth).float().view(_SIDE, depth)
    b = key.fold("b").normal(0, _SIDE * depth).float().view(depth, _SIDE)
    exact = a.double() @ b.double()
    off = at.core.matmul(a, b).double() - exact
    return float((off.square().mean() / exact.square().mean()).sqrt())
