"""Products of a network in short, for tests."""

from __future__ import annotations

from torch import Tensor, nn

from mirage_core.tracing.trace import trace


def shapes(network: nn.Module, *inputs: Tensor, **options: bool) -> list[tuple[object, ...]]:
    found = trace(network, inputs, **options)
    assert found.warnings == ()
    return [(p.layer, p.computation, p.m, p.k, p.n, p.count) for p in found.products]
