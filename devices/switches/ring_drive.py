"""How ring switches are driven in time, and what their light does meanwhile.

Legend of shapes: N symbol, T step of half a round trip; ``...`` broadcasts.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from devices.parameters.part import Part, quantity
from devices.switches.ring import RingSwitch
from photonics.dispersion import group_delay_s
from photonics.filters import LowPass
from photonics.ring_transients import RingFields, switched_ring
from photonics.settling import approach, one_pole_remaining
from photonics.units import loss_to_amplitude


class RingDrive(Part):
    """The electrical drive of the rings of a chain."""

    time_constant_s: float = quantity(
        5e-12,
        "time constant with which the bias of a ring follows its bit",
        source="assumption: 0.1 pF of a ring behind a driver of 50 Ω",
        ge=0,
        le=1,
    )
    skewed: bool = quantity(
        True,
        "whether each ring's drive is delayed by the mean delay of the light up to it",
        source="assumption: without it a symbol must outlast the whole chain",
    )

    def bias(self, detuned: Tensor, symbol_s: float, time_s: Tensor) -> Tensor:
        """Share of the full bias at given times, the first symbol having stood for ever.

        Args:
            detuned: 1 where a symbol biases the ring, 0 where not, (..., N).
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


def half_trip_s(ring: RingSwitch) -> float:
    """Time of half a round trip, the step of the ring's fields in time."""
    return 0.5 * group_delay_s(ring.group_index, ring.circumference_m)


def transient(
    ring: RingSwitch,
    wavelength_m: float,
    bias: Tensor,
    offset_m: Tensor,
    entering: Tensor,
    adding: Tensor | None = None,
) -> RingFields:
    """Fields of a ring whose bias changes in time, in steps of half a round trip.

    Args:
        ring: the switch.
        wavelength_m: vacuum wavelength.
        bias: share of the full bias on each half trip, (..., T).
        offset_m: extra detuning of this ring, (..., 1) or (..., T).
        entering: field at the input port, complex128 (..., T).
        adding: field at the add port, none for no light.
    """
    half_m = 0.5 * ring.circumference_m
    unbiased = loss_to_amplitude(ring.loss_db_per_m * half_m)
    biased = loss_to_amplitude(ring.detuning_loss_db_per_m * half_m)
    phase = math.pi / ring.fsr_m(wavelength_m) * (bias * ring.detuning_m + offset_m)
    half_turn = torch.polar((unbiased * biased**bias).expand_as(phase).contiguous(), phase)
    drop_power = ring.drop_coupling_power
    first = math.sqrt(1.0 - ring.coupling_power)
    last = first if drop_power is None else math.sqrt(1.0 - drop_power)
    return switched_ring(first, last, half_turn, entering, adding)
