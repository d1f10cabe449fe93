"""The receiver of fields: shot noise of every diode behind a hybrid that is not ideal."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
import torch

from circuits import ArrayShape, Design, ModularDotProduct, fabricate
from circuits.chip.chip import Chip
from circuits.optics.hybrid import Hybrid
from photonics.random import NoiseKey
from photonics.units import ELEMENTARY_CHARGE_C
from tests.tolerance import assert_mean, assert_variance

KEY = NoiseKey.from_seed(17)
SPLIT_DB = 10.0 * math.log10(2.0)
SENSITIVITY = (1.2, 0.8, 0.9, 0.7)


def behind_flaws(coupler_db: float) -> Chip:
    """No noise but of the light, two thirds of which go to pair I and one third to pair Q."""
    base = Design()
    design = base.model_copy(
        update={
            "laser": base.laser.model_copy(update={"rin_db_per_hz": -400.0, "linewidth_hz": 0.0}),
            "receiver": base.receiver.model_copy(
                update={
                    "photodiode": base.receiver.photodiode.model_copy(
                        update={"dark_current_a": 0.0}
                    ),
                    "tia": base.receiver.tia.model_copy(update={"noise_a_per_rthz": 0.0}),
                }
            ),
            "rail_imbalance_rms_db": 0.0,
        }
    )
    chip = fabricate(design, (31,), ArrayShape(1, 1, 1), 0)
    flaws = torch.tensor([SPLIT_DB, SPLIT_DB, coupler_db, coupler_db], dtype=torch.float64)
    hybrid = Hybrid.build(
        flaws[None, None, :2],
        flaws[None, None, 2:],
        flaws.new_zeros(1, 1),
        torch.tensor(SENSITIVITY, dtype=torch.float64)[None, None],
    )
    return replace(chip, fabricated={31: replace(chip.fabricated[31], hybrid=hybrid)})


@pytest.mark.parametrize("coupler_db", [0.0, 2.0])
def test_shot_noise_behind_a_flawed_hybrid_is_that_of_its_four_diodes(coupler_db: float) -> None:
    """2 q R (r₁ P₁ + r₂ P₂) B, with the powers of two beams at couplers of bar and cross by hand.

    A coupler passes b of one beam and c = 1 - b of the other to its first diode, the rest to its
    second one, and ±2 √(b c) √(P₊ P₋) cos φ of their beat.
    """
    chip = behind_flaws(coupler_db)
    mdpu = ModularDotProduct(31, 1, chip=chip)
    x, w, count = torch.tensor([5]), torch.tensor([3]), 100_000
    plus, minus = mdpu.fields(x, w).tolist()
    phase_rad = math.atan2((plus * minus.conjugate()).imag, (plus * minus.conjugate()).real)
    bar = 10 ** (coupler_db / 10) / (1 + 10 ** (coupler_db / 10))
    cross, beat_w = 1 - bar, 2 * abs(plus) * abs(minus)
    response = chip.design.receiver
    # Light passes the diodes' pole at 30 GHz and then the amplifier's at 2/π of 10 GHz.
    bandwidth_hz = math.pi / 2 / (1 / 30e9 + math.pi / 2 / 10e9)
    noise = mdpu.currents(x.expand(count, 1), w.expand(count, 1), KEY) - mdpu.currents(x, w)
    for q, (arriving, angle) in enumerate(((2 / 3, phase_rad), (1 / 3, phase_rad - math.pi / 2))):
        beat = math.sqrt(bar * cross) * beat_w * math.cos(angle)
        # The reference crosses where the signal goes straight.
        diodes_w = (
            arriving * (bar * abs(plus) ** 2 + cross * abs(minus) ** 2 + beat),
            arriving * (cross * abs(plus) ** 2 + bar * abs(minus) ** 2 - beat),
        )
        seen_w = sum(r * p for r, p in zip(SENSITIVITY[2 * q : 2 * q + 2], diodes_w, strict=True))
        current_a = response.photodiode.responsivity_a_per_w * seen_w
        variance_a2 = 2 * ELEMENTARY_CHARGE_C * current_a * bandwidth_hz
        assert_variance(noise[:, q], variance_a2)
        assert_mean(noise[:, q], 0.0, math.sqrt(variance_a2))
