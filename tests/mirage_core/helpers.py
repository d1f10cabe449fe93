"""Cores and numbers to put through them."""

from __future__ import annotations

import torch
from torch import nn

import mirage_core as mirage
from tests.machines import ONE_UNIT


def noisy_core(seed: int = 0) -> mirage.TensorCore:
    """A core so dim that most readouts of dense data are wrong."""
    overrides = [*ONE_UNIT, "laser.power_w=1e-4"]
    return mirage.TensorCore(mirage.load_machine("robust", overrides), seed=seed)


def exact_core() -> mirage.TensorCore:
    return mirage.TensorCore("isca2024-ideal", fidelity="integer")


def integers(*shape: int, seed: int = 0) -> torch.Tensor:
    """Small integers, which four-bit mantissas hold exactly."""
    return torch.randint(-3, 4, shape, generator=torch.Generator().manual_seed(seed)).float()


def gaussian(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def gradients(model: nn.Module, x: torch.Tensor, upstream: torch.Tensor) -> list[torch.Tensor]:
    x = x.clone().requires_grad_()
    model.zero_grad()
    y = model(x)
    y.backward(upstream)
    return [y.detach(), x.grad, *(p.grad for p in model.parameters())]  # type: ignore[list-item]
