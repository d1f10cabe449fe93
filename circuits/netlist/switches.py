"""Switches as parts of a netlist: what is fixed of them, and what heat and operands move.

Legend of shapes: K component of the deviation; ``...`` readings.
"""

from __future__ import annotations

from torch import Tensor

from devices.switches.mzi import MziSwitch
from devices.switches.ring import RingSwitch
from devices.switches.switch import Switch
from photonics.errors import InputError


def fixed_switch(switch: Switch, wavelength_m: float) -> tuple[str, dict[str, float]]:
    """Name of the component, and the settings that all switches of a row share.

    Raises:
        InputError: for a kind that is not made of parts.
    """
    if isinstance(switch, RingSwitch):
        drop = switch.drop_coupling_power
        return "ring_switch", {
            "detuning_m": switch.detuning_m,
            "radius_m": switch.radius_m,
            "group_index": switch.group_index,
            "coupling_power": switch.coupling_power,
            "drop_coupling_power": switch.coupling_power if drop is None else drop,
            "loss_db_per_m": switch.loss_db_per_m,
            "detuning_loss_db_per_m": switch.detuning_loss_db_per_m,
            "wavelength_m": wavelength_m,
        }
    if isinstance(switch, MziSwitch):
        arm = switch.sized_arm
        rest_rad, biased_rad = (float(arm.phase_rad(drive)) for drive in arm.drive_range)
        return "mzi_switch", {
            "swing_rad": biased_rad - rest_rad,
            "rest_loss_db": float(arm.loss_db(rest_rad)),
            "biased_loss_db": float(arm.loss_db(biased_rad)),
            "phase_error_rad": switch.coupler.phase_error_rad,
            "coupler_loss_db": switch.coupler.excess_loss_db,
        }
    raise _without_parts(switch)


def moved_switch(switch: Switch, offset: Tensor) -> dict[str, Tensor]:
    """Settings by which a switch differs from its design, (...), of its deviation (..., K).

    Raises:
        InputError: for a kind that is not made of parts.
    """
    if isinstance(switch, RingSwitch):
        return {"offset_m": offset[..., 0]}
    if isinstance(switch, MziSwitch):
        first, second = (switch.coupler.imbalance_db + offset[..., k] for k in (1, 2))
        return {
            "offset_rad": offset[..., 0],
            "first_imbalance_db": first,
            "second_imbalance_db": second,
        }
    raise _without_parts(switch)


def _without_parts(switch: Switch) -> InputError:
    return InputError(
        "multiplier.switch.kind",
        getattr(switch, "kind", type(switch).__name__),
        "has no netlist: only its fields are known, not the parts that it is made of",
        "take ring or mzi",
    )
