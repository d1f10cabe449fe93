"""Rows of flawed chips, trimmed and drifted, and all products of their residues."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor

from circuits import ModularDotProduct, OracleController, RowPosition, calibrate, drifted, fabricate
from circuits.coding.array_shape import ArrayShape
from circuits.design.circuit import Design
from devices.passive.coupler import Coupler
from devices.shifters.carrier import DepletionShifter
from devices.shifters.noems import NoemsShifter
from devices.shifters.thermo_optic import ThermoOpticShifter
from devices.switches.mzi import MziSwitch
from devices.switches.ring import RingSwitch
from tests.circuits.designs import HEAT

MODULUS = 5
FLAWED_MZI = MziSwitch(
    coupler=Coupler(cross_power=0.4, imbalance_rms_db=0.5, excess_loss_db=0.5, phase_error_rad=0.1),
    # Carriers that are driven out no longer absorb.
    arm=DepletionShifter(),
)
MULTIPLIERS: dict[str, dict[str, Any]] = {
    "rings": {
        "switch": RingSwitch(
            drop_coupling_power=0.2, loss_db_per_m=2000.0, detuning_loss_db_per_m=3000.0
        ),
    },
    "one-coupled interferometers": {"switch": FLAWED_MZI, "polarity": "one-coupled"},
    "heaters that warm": {"shifter": ThermoOpticShifter(), "heat": HEAT},
    "two's complement": {"encoding": "twos-complement", "drive": "per-digit"},
    "one rail": {"rails": "single", "bypass_phase_rms_rad": 1.0},
    "beams with converters of their own": {"shifter": NoemsShifter(), "rail_drive": "own"},
}
# As losses and flaws of all that is not a multiplier.
REST = {
    "rail_splitter.phase_error_rad": 0.2,
    "receiver.hybrid.coupler.phase_error_rad": 0.05,
    "calibration.accept": "any",
}


def flawed_row(kind: str, modulus: int = MODULUS, length: int = 1) -> ModularDotProduct:
    """The second row of the first unit of a chip, trimmed and drifted."""
    design = Design().changed({f"multiplier.{k}": v for k, v in MULTIPLIERS[kind].items()} | REST)
    chip = fabricate(design, (modulus,), ArrayShape(1, 2, length), seed=5)
    oracle = OracleController(residual_rad=1e-2, residual_drive=1e-3)
    chip = drifted(calibrate(chip, controller=oracle))
    return ModularDotProduct(modulus, length, chip=chip, position=RowPosition(row=1))


def all_pairs(unit: ModularDotProduct) -> tuple[Tensor, Tensor]:
    """Every streamed with every stationary integer, on a row of one multiplier: (..., 1) each."""
    values = torch.tensor(unit.code.values)
    pairs = torch.cartesian_prod(values, torch.arange(unit.modulus))
    return pairs[:, :1], pairs[:, 1:]


def our_fields(unit: ModularDotProduct, x: Tensor, w: Tensor) -> Any:
    """Fields on the diodes as the reference has them, complex128 (..., 4)."""
    signal, reference = unit.fields(x, w).unbind(-1)
    return unit.diodes.hybrid.fields(signal, reference).numpy()


def deviation(found: Any, ours: Any) -> float:
    """Largest difference of fields (..., 4), over the root of the light that reaches all four."""
    assert found.shape == ours.shape
    return float((np.abs(found - ours) / np.linalg.norm(ours, axis=-1, keepdims=True)).max())
