"""What a network streams while it learns."""

from __future__ import annotations

import torch
from torch import Tensor

from mirage_core.core.tensor_core import TensorCore
from mirage_core.data.dataset import Dataset
from mirage_core.machine.config import MachineConfig
from mirage_core.training.recipe import Recipe
from mirage_core.training.trainer import Trainer
from photonics.random import NoiseKey


class _RecordingCore(TensorCore):
    """An exact core that keeps the mantissas of everything it streams, by kind of product."""

    def __init__(self, machine: MachineConfig) -> None:
        super().__init__(machine, fidelity="integer")
        self.streamed: dict[str, list[Tensor]] = {}

    def gemm(
        self,
        stationary: Tensor,
        streamed: Tensor,
        key: NoiseKey,
        kind: str,
        row_offset: int = 0,
        time_step: int = 0,
        layer: str = "",
    ) -> Tensor:
        """Record, then multiply."""
        blocks = self.machine.bfp.quantize(streamed.detach().float(), key)
        self.streamed.setdefault(kind, []).append(blocks.mantissa.flatten(0, 1))
        return super().gemm(stationary, streamed, key, kind, row_offset, time_step, layer)


def streamed_in_training(machine: MachineConfig, data: Dataset) -> dict[str, Tensor]:
    """Mantissas (vectors, J) that an MLP streams in its second epoch, by kind of product.

    Kinds are ``forward``, ``dx`` and ``dw``; products are exact.
    """
    core = _RecordingCore(machine)
    trainer = Trainer(Recipe(epochs=2), data, core)
    trainer.run_epoch()
    core.streamed.clear()
    trainer.run_epoch()
    return {kind: torch.cat(parts) for kind, parts in core.streamed.items()}
