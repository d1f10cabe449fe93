"""Designs that between them have every kind of part in every place."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from circuits import Design
from devices.parameters.transfer_file import rows_of
from devices.switches.ring import RingSwitch
from photonics.optics import coupler_matrix, phasor, splitter_fields
from photonics.units import SPEED_OF_LIGHT_M_PER_S
from tests import measured_heaters
from tests.devices.measured_files import light_m, measured, ring_matrix, two_sided

_NEAR_M, _FAR_M = light_m(200, 1.546e-6, 1.554e-6), light_m(20)


def _rows(matrix: Tensor, at_m: Tensor) -> tuple[tuple[float, ...], ...]:
    """What an instrument writes that is not quite exact.

    Light gains 0.02 dB, the way back differs from the way there by half a percent, and an odd
    wavelength from an even one.
    """
    number = torch.arange(len(at_m))
    ripple = 1.0 + 1e-3 * (number % 2).double()
    back = 1.0 - 5e-3 * torch.ones(matrix.shape[-2:]).triu().double()
    return rows_of(measured(10 ** (0.02 / 20) * ripple[:, None, None] * back * matrix, at_m))


def coupler_rows(
    cross_power: float, loss_db: float = 0.01, error_rad: float = 0.002
) -> tuple[tuple[float, ...], ...]:
    """As measured of a coupler that loses next to nothing, and is next to in quadrature."""
    matrix = coupler_matrix(cross_power, loss_db, error_rad)
    return _rows(two_sided(matrix.expand(20, 2, 2), 4), _FAR_M)


def splitter_rows(imbalance_db: float, delay_s: float = 0.0) -> tuple[tuple[float, ...], ...]:
    """As measured of a splitter without loss, whose outputs differ in phase too."""
    fields = splitter_fields(imbalance_db, 0.1, 0.0)
    turn = phasor(2.0 * torch.pi * SPEED_OF_LIGHT_M_PER_S * delay_s / _FAR_M)
    return _rows(two_sided(fields[:, None] * turn[:, None, None], 3), _FAR_M)


def switch_rows(*, detuned: bool, coupling: float = 0.15) -> tuple[tuple[float, ...], ...]:
    """As measured of a ring."""
    ring = RingSwitch(coupling_power=coupling, loss_db_per_m=0.0)
    return _rows(ring_matrix(ring, _NEAR_M, detuned=detuned, resonance_m=1.55e-6), _NEAR_M)


# Few flaws, so that each shows; fine converters; nothing calibrated.
_PLAIN: dict[str, Any] = {
    "calibration.policy": "none",
    "multiplier.coherence_length_m": 60.0,
    "multiplier.index_rms": 0.0,
    "receiver.adc_extra_bits": 5,
    "clock_hz": 2e9,
}
# Rings that are where they should be, to a step.
_FOUND = {"multiplier.switch.trimmer.reads": 10_000}
_MZI = {
    "multiplier.switch.arm_trimmer.bits": 16,
    "multiplier.switch.kind": "mzi",
    "multiplier.switch.coupler.excess_loss_db": 0.01,
    "multiplier.switch.coupler.cross_power": 0.49,
    "multiplier.switch.arm.loss_db_per_m": 5.0,
}
# Arms of other kinds settle more slowly.
_SLOW_MZI = {k: v for k, v in _MZI.items() if "arm.loss" not in k} | {"clock_hz": 1e7}
_HEATERS = {
    "multiplier.shifter.kind": "thermo-optic",
    "multiplier.drive": "per-digit",
    "multiplier.rail_drive": "own",
}
_HEATED = {
    **_HEATERS,
    "multiplier.heat.compensated": False,
    "multiplier.heat.switch_share": 0.01,
    "multiplier.heat.row_pitch_m": 60e-6,
    "multiplier.heat.coupling": {"global_coupling": 1e-4},
}


def _shifter(kind: str, **changes: Any) -> dict[str, Any]:
    return {f"multiplier.shifter.{name}": v for name, v in {"kind": kind, **changes}.items()}


def _arm(kind: str, **changes: Any) -> dict[str, Any]:
    return {f"multiplier.switch.arm.{name}": v for name, v in {"kind": kind, **changes}.items()}


_CHANGES: dict[str, dict[str, Any]] = {
    "plain": {},
    "calibrated": {
        "calibration.policy": "measured",
        "calibration.accept": "any",
        "calibration.reads": 200,
        "receiver.gain": "per-symbol",
        "multiplier.coherence_length_m": 4e-3,
        "receiver.adc_extra_bits": 2,
    },
    "drifted": {"drift.common_rms_k": 0.1, "drift.rail_rms_k": 0.02},
    "one rail": {"multiplier.rails": "single"},
    "wandering": {
        "drift.pilots": 4096,
        "drift.pilot_period_steps": 1,
        "drift.step_s": 1.0,
        "drift.common_wander_rms_k": 0.05,
        "drift.rail_wander_rms_k": 5e-3,
        "drift.laser_wander_rms_hz": 1e9,
    },
    "noisy laser": {"laser.rin_db_per_hz": -120.0, "receiver.rail_mismatch_s": 1e-11},
    "resistor": {"receiver.tia.noise_a_per_rthz": None, "receiver.tia.feedback_ohm": 300.0},
    "staged": {"receiver.gain": "per-symbol", "receiver.stage.step_db": 0.5},
    "fast": {"clock_hz": 10e9},
    "dim": {"laser.power_w": 3e-5, "receiver.adc_extra_bits": 3},
    "jittering": {
        "clock_hz": 5e9,
        "receiver.clock_jitter_s": 1e-11,
        "receiver.sampling_guard_s": 9.9e-11,
    },
    "converters": {"multiplier.dac.bits": 7},
    "heaters' converters": {
        **_HEATERS,
        "multiplier.dac.bits": 9,
        "multiplier.dac.full_scale_v": 3.5,
    },
    "measured splitter": {"rail_splitter.measured": splitter_rows(0.7)},
    "interferometer": _MZI,
    "measured coupler": {
        **{k: v for k, v in _MZI.items() if "coupler" not in k},
        "multiplier.switch.coupler.measured": coupler_rows(0.48),
    },
    "measured switch": {
        "multiplier.switch.kind": "measured",
        "multiplier.switch.measured_coupled": switch_rows(detuned=False),
        "multiplier.switch.measured_detuned": switch_rows(detuned=True),
        "drift.common_rms_k": 0.1,
    },
    "electro-optic": _shifter("electro-optic", loss_db_per_m=5.0),
    "beams": _shifter("noems", loss_db_per_m=300.0),
    "beams by curve": _shifter(
        "noems",
        loss_db_per_m=300.0,
        curve={"drive": (0.0, 0.6, 1.2), "response": (0.0, 0.3, 1.0)},
    ),
    "heaters": _HEATERS,
    # Digits of equal length, for carriers absorb much.
    "depletion": _shifter("depletion") | {"multiplier.drive": "per-digit", "laser.power_w": 1.0},
    "injection": _MZI | _arm("injection") | {"clock_hz": 1e8},
    "heated": _HEATED,
    "known heat": _HEATED | {"multiplier.heat.compensated": True},
    "heat sink": _HEATED | {"multiplier.heat.coupling": {"law": {"height_m": 3e-6}}},
    "heat by stencil": _HEATED
    | {
        "multiplier.heat.coupling": {"stencil": measured_heaters.stencil(0.01)},
        "multiplier.heat.switch_share": 0.0,
    },
    "heat of a row": _HEATED
    | {
        "multiplier.heat.coupling": {"measured": measured_heaters.row(0.01, 6)},
        "multiplier.heat.switch_share": 0.0,
        "multiplier.heat.reach_rows": 0,
    },
    "measured hybrid": {
        "receiver.hybrid.splitter.measured": splitter_rows(0.7),
        "receiver.hybrid.coupler.measured": coupler_rows(0.48, 0.5, 0.05),
    },
    "linear arm": _SLOW_MZI | _arm("linear"),
    "beams arm": _SLOW_MZI | _arm("noems", loss_db_per_m=300.0),
    "beams arm by curve": _SLOW_MZI
    | _arm(
        "noems",
        loss_db_per_m=300.0,
        curve={"drive": (0.0, 0.6, 1.2), "response": (0.0, 0.3, 1.0)},
    ),
    "heated arm": _SLOW_MZI | _arm("thermo-optic", insertion_loss_db=0.02) | {"clock_hz": 2e4},
    "depletion arm": _SLOW_MZI | _arm("depletion", loss_db_per_m=20.0) | {"laser.power_w": 1.0},
    "injection shifter": _shifter("injection")
    | {
        "multiplier.drive": "per-digit",
        "multiplier.rail_drive": "own",
        "laser.power_w": 1.0,
    },
    "heat of rings above a sink": _HEATED
    | {"multiplier.heat.switch_coupling": {"law": {"height_m": 3e-6}}},
    "heat of rings": _HEATED | {"multiplier.heat.switch_coupling.law.nearest_coupling": 0.01},
}
MACHINES: dict[str, Design] = {
    name: Design().changed(
        _PLAIN | ({} if "multiplier.switch.kind" in changes else _FOUND) | changes
    )
    for name, changes in _CHANGES.items()
}
