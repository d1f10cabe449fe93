"""What a network streams while it learns."""

from __future__ import annotations

from collections.abc import Sequence

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
        self._record(streamed, key, kind)
        return super().gemm(stationary, streamed, key, kind, row_offset, time_step, layer)

    def gemms(
        self,
        stationary: Tensor,
        streamed: Tensor,
        keys: Sequence[NoiseKey],
        kind: str,
        time_step: int = 0,
        layer: str = "",
    ) -> Tensor:
        """The same for stacks."""
        for x, key in zip(streamed, keys, strict=True):
            self._record(x, key, kind)
        return super().gemms(stationary, streamed, keys, kind, time_step, layer)

    def _record(self, streamed: Tensor, key: NoiseKey, kind: str) -> None:
        blocks = self.machine.bfp.quantize(streamed.detach().float(), key)
        self.streamed.setdefault(kind, []).append(blocks.mantissa.flatten(0, 1))


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
