"""Designs without loss or leak, with the static errors and the noise that a test asks for."""

from __future__ import annotations

import math
from typing import Any

from circuits import (
    ArrayShape,
    Chip,
    Design,
    calibrate_with_report,
    fabricate,
    ideal_design,
)
from circuits.control.report import ArraysReport
from circuits.design.calibration import CalibrationPlan
from circuits.optics.hybrid import HybridDesign
from circuits.receiver.by_design import gain_control
from devices.heat.trimmer import Trimmer
from devices.passive.coupler import Splitter
from tests.tolerance import Z

UNFLAWED = ideal_design().receiver.hybrid
FLAWED = UNFLAWED.changed(
    {
        "splitter.imbalance_rms_db": 0.5,
        "coupler.imbalance_rms_db": 0.5,
        "quadrature_rms_rad": math.radians(5.0),
        "responsivity_rms": 0.01,
    }
)
# One array of few, short rows.
SHAPE = ArrayShape(1, 8, 2)
FINE = Trimmer(range_rad=7.0, bits=24)
# The gain that fills the converters, and no more: no pattern is put near a null.
UNBOOSTED: dict[str, Any] = {"max_gain_boost": 0.97 / 0.8}
EXACT: dict[str, Any] = {"trimmer": FINE, "drive_step": 0.0, "receiver_step": 0.0}


def flawed_design(
    snr: float,
    extra_bits: int = 0,
    hybrid: HybridDesign = FLAWED,
    plan: dict[str, Any] | None = None,
    multiplier: dict[str, Any] | None = None,
    receiver: dict[str, Any] | None = None,
) -> Design:
    """Static errors as fabricated on lossless parts; ``snr`` is A/σ of I and of Q.

    The gain can be set, pattern by pattern.
    """
    ideal = ideal_design()
    statics = {
        "coherence_length_m": 0.00415,
        "index_rms": 0.0,
        "bypass_phase_rms_rad": 0.5,
        "drive_gain_rms": 5e-3,
    }
    design = ideal.model_copy(
        update={
            "multiplier": ideal.multiplier.model_copy(update=statics | (multiplier or {})),
            "calibration": CalibrationPlan(**(plan or {})),
            "receiver": ideal.receiver.model_copy(update={"gain": "per-symbol"}),
            "rail_splitter": Splitter(excess_loss_db=0.0),
        }
    )
    amplitude_a = gain_control(design, 31, 16).largest_amplitude_a
    shot_a2 = 2.0 * design.receiver.noise_bandwidth_hz * 1.602e-19 * amplitude_a
    noise_a = math.sqrt(max(0.0, (amplitude_a / snr) ** 2 - shot_a2))
    density = noise_a / math.sqrt(design.receiver.noise_bandwidth_hz)
    tia = design.receiver.tia.model_copy(update={"noise_a_per_rthz": density})
    parts = {"tia": tia, "hybrid": hybrid, "adc_extra_bits": extra_bits, "gain": "per-symbol"}
    parts |= receiver or {}
    return design.model_copy(update={"receiver": design.receiver.model_copy(update=parts)})


def calibrated(modulus: int, shape: ArrayShape, **design: Any) -> tuple[Chip, ArraysReport]:
    """A chip of a flawed design, calibrated, and the report of it."""
    chip, report = calibrate_with_report(
        fabricate(flawed_design(**design), (modulus,), shape, seed=1)
    )
    return chip, report.arrays[modulus]


def mean_square_tolerance(*samples: int) -> float:
    """Relative tolerance of a mean square, or of a ratio of some.

    Residual errors of different lines are independent, and those of a line's digits nearly so:
    the mean square of n of them has a relative rms of √(2/n).
    """
    return Z * math.sqrt(sum(2.0 / n for n in samples))
