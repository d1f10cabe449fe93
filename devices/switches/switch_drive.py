"""How the switches of a chain are driven in time.

Legend of shapes: N symbol, T step of time; ``...`` broadcasts.
"""

from __future__ import annotations

import torch
from torch import Tensor

from devices.parameters.part import Part, quantity
from photonics.filters import LowPass
from photonics.settling import approach, one_pole_remaining


class SwitchDrive(Part):
    """The electrical drive of the switches of a chain."""

    time_constant_s: float = quantity(
        5e-12,
        "time constant with which the bias of a switch follows its bit",
        source="assumption: 0.1 pF of a ring behind a driver of 50 Ω",
        ge=0,
        le=1,
    )
    skewed: bool = quantity(
        True,
        "whether each switch's drive is delayed by the mean delay of the light up to it",
        source="assumption: without it a symbol must outlast the whole chain",
    )

    def bias(self, detuned: Tensor, symbol_s: float, time_s: Tensor) -> Tensor:
        """Share of the full bias at given times, the first symbol having stood for ever.

        Args:
            detuned: 1 where a symbol biases the switch, 0 where not, (..., N).
            symbol_s: symbol time; symbol k begins at k times it.
            time_s: times, (T,); those behind the last symbol belong to it.

        Returns:
            float64 (..., T).
        """
        target = detuned.to(torch.float64)
        index = (time_s / symbol_s).floor().clamp(0, target.shape[-1] - 1).to(torch.int64)
        since = (time_s - index * symbol_s).clamp(min=0.0)
        follower = LowPass.of_time_constant(self.time_constant_s)
        reached = follower.filtered(target, symbol_s, target[..., 0])
        start = torch.cat([target[..., :1], reached[..., :-1]], dim=-1)
        remaining = one_pole_remaining(since, self.time_constant_s)
        return approach(start[..., index], target[..., index], remaining).clamp(0.0, 1.0)
