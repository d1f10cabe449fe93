"""Splitter tree: one laser to many rows.

::

             ┌──►── 0
         ┌──<               depth = ⌈log2 fan-out⌉ stages of 1x2 splitters;
    ──►─<    └──►── 1       a lossless tree keeps the power: Σ |out|² = 1.
         └──< ...           Outputs beyond the fan-out are terminated, and lost.

A systematic imbalance goes the same way at every node; the random one is drawn for each node.
"""

from __future__ import annotations

import torch
from torch import Tensor

from devices.parameters.part import Part, quantity
from photonics.optics import power_w, splitter_fields
from photonics.random import NoiseKey
from photonics.units import power_to_db


class SplitterTree(Part):
    """A binary tree of 1x2 splitters."""

    fan_out: int = quantity(32, "outputs in use", source="assumption", ge=1, le=65536)
    stage_loss_db: float = quantity(
        0.28,
        "excess loss of one stage",
        source="Y-junction, 0.28 ± 0.02 dB: Zhang et al., Opt. Express 21, 1310 (2013)",
        ge=0,
        le=100,
    )
    imbalance_db: float = quantity(
        0.0,
        "systematic power of output 0 over output 1 of each node",
        source="by symmetry",
        ge=-60,
        le=60,
    )
    imbalance_rms_db: float = quantity(
        0.1, "spread of that imbalance from node to node", source="assumption", ge=0, le=10
    )
    phase_rms_rad: float = quantity(
        0.0,
        "spread of the phase between the outputs of a node",
        source="assumption: rows are not compared in phase",
        ge=0,
        le=10,
    )

    @property
    def depth(self) -> int:
        """Stages that the light passes."""
        return (self.fan_out - 1).bit_length()

    def fields(self, key: NoiseKey | None = None) -> Tensor:
        """Field transmission to every output in use, complex128 (fan_out,).

        Args:
            key: names the fabricated tree; without one every node is as designed.
        """
        field = torch.ones(1, dtype=torch.complex128)
        for stage in range(self.depth):
            nodes = len(field)
            imbalance = torch.full((nodes,), self.imbalance_db, dtype=torch.float64)
            phase = torch.zeros(nodes, dtype=torch.float64)
            if key is not None:
                drawn = key.fold("imbalance", stage).normal(0, nodes)
                imbalance = imbalance + self.imbalance_rms_db * drawn
                phase = self.phase_rms_rad * key.fold("phase", stage).normal(0, nodes)
            split = splitter_fields(imbalance, phase, self.stage_loss_db)
            field = (field[:, None] * split).reshape(-1)
        return field[: self.fan_out]

    def loss_db(self, key: NoiseKey | None = None) -> list[float]:
        """Loss in dB from the input to every output, the splitting included."""
        # 0 - x rather than -x, which would make a loss of nothing -0.
        return [0.0 - power_to_db(float(p)) for p in power_w(self.fields(key))]

    def worst_loss_db(self, key: NoiseKey | None = None) -> float:
        """Loss in dB to the output that gets least."""
        return max(self.loss_db(key))

    @property
    def excess_loss_db(self) -> float:
        """Loss in dB of all stages together, without the splitting."""
        return self.depth * self.stage_loss_db
