"""Designs that differ from others in a few parts, and what tests look at on their chips."""

from __future__ import annotations

import torch

from circuits import ArrayShape, Design, ideal_design
from circuits.design.heat_layout import HeatLayout
from circuits.design.multiplier import MultiplierDesign
from circuits.design.receiver import ReceiverDesign
from devices.electronics.amplifier import TransimpedanceAmplifier
from devices.electronics.photodiode import Photodiode
from devices.heat.thermal_crosstalk import ExponentialCoupling, HeaterCoupling

# Sizes that are all unlike, for what takes one axis for another.
SHAPE = ArrayShape(units=2, rows=3, length=4)
# On either side of powers of two, which are among them.
MODULI = (7, 15, 16, 17, 29, 31, 32, 33, 63, 64, 65)
INTEGERS = (torch.int8, torch.uint8, torch.int16, torch.int32, torch.int64)
# Heaters that warm each other and the rings.
HEAT = HeatLayout(
    compensated=False,
    ring_share=0.1,
    coupling=HeaterCoupling(law=ExponentialCoupling(nearest_coupling=0.01), global_coupling=1e-4),
)
# Receivers without noise of their own.
SILENT = ReceiverDesign(
    photodiode=Photodiode(dark_current_a=0.0), tia=TransimpedanceAmplifier(noise_a_per_rthz=0.0)
)


def ideal_but(**multiplier: object) -> Design:
    """The ideal limit but for what is given of the multiplier."""
    ideal = ideal_design()
    return ideal.model_copy(update={"multiplier": ideal.multiplier.model_copy(update=multiplier)})


def with_multiplier(**changes: object) -> Design:
    return Design(multiplier=MultiplierDesign().model_copy(update=changes))


def with_receiver(**changes: object) -> Design:
    design = Design()
    return design.model_copy(update={"receiver": design.receiver.model_copy(update=changes)})


def beat_rad(fields: torch.Tensor) -> torch.Tensor:
    """Phase of the first rail over the second."""
    return (fields[..., 0] * fields[..., 1].conj()).angle()
