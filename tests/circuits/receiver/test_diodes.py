"""The receiver of fields: shot noise of every diode behind a hybrid that is not ideal."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
import torch

from circuits import ArrayShape, ModularDotProduct, fabricate
from circuits.chip.chip import Chip
from circuits.design.circuit import Design, ReceiverDesign
from circuits.optics.hybrid import Hybrid
from circuits.receiver.by_design import diodes, white_noise
from circuits.receiver.diodes import Diodes
from devices.electronics.amplifier import TransimpedanceAmplifier
from devices.electronics.photodiode import Photodiode
from photonics.random import NoiseKey
from photonics.units import ELEMENTARY_CHARGE_C
from tests.circuits.designs import HYBRID_DB, SILENT
from tests.constants import BOLTZMANN_J_PER_K, CHARGE_C
from tests.tolerance import assert_mean, assert_uncorrelated, assert_variance

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
            "rail_splitter": base.rail_splitter.changed({"imbalance_rms_db": 0.0}),
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
    left = 10 ** (-HYBRID_DB / 10)
    sides = (2 / 3 * left, phase_rad), (1 / 3 * left, phase_rad - math.pi / 2)
    for q, (arriving, angle) in enumerate(sides):
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


DESIGN = Design(receiver=SILENT)


def behind(responsivity: torch.Tensor) -> Diodes:
    """Diodes of given responsivities, over the nominal one."""
    return diodes(DESIGN, replace(Hybrid.ideal(), responsivity=responsivity))


def test_field_shot_noise_counts_the_responsivity_of_every_diode() -> None:
    powers_w = 1e-3 * (1.0 + KEY.fold("powers").uniform(0, 80).view(20, 4))
    responsivity = 0.8 + 0.4 * KEY.fold("diodes").uniform(0, 80).view(20, 4)
    # The same normals twice: what differs is the light that the diodes see.
    found = behind(responsivity).noise_a(powers_w, KEY)
    torch.testing.assert_close(
        found, behind(torch.ones(20, 4)).noise_a(powers_w * responsivity, KEY), rtol=1e-12, atol=0
    )
    # One diode of each pair alone in the light: a normal times the root of its variance.
    alone = torch.tensor([1.0, 0.0, 1.0, 0.0]).double() * powers_w
    unit_w = torch.tensor([1.0, 0.0, 1.0, 0.0]).double().expand(20, 4)
    ratio = behind(responsivity).noise_a(alone, KEY) / behind(torch.ones(20, 4)).noise_a(
        unit_w, KEY
    )
    expected = (alone * responsivity)[:, 0::2].sqrt()
    torch.testing.assert_close(ratio, expected, rtol=1e-6, atol=0)


# One pole at 2/π of 10 GHz has a noise bandwidth of 10 GHz; with the diodes' at 30 GHz before it,
# the reciprocals of both add.
BANDWIDTH_HZ = 10e9


LIGHT_HZ = 1 / (1 / BANDWIDTH_HZ + 2 / 3.141592653589793 / 30e9)


POLE_HZ = BANDWIDTH_HZ * 2 / 3.141592653589793


# At 350 µA and 10 GHz the dark currents weigh as much as an amplifier of 15 pA/√Hz.
@pytest.mark.parametrize(
    ("dark_current_a", "amplifier", "density"),
    [
        (20e-9, {"noise_a_per_rthz": 0.0}, 0.0),
        (0.0, {"noise_a_per_rthz": 15e-12}, 225e-24),
        (350e-6, {"noise_a_per_rthz": 15e-12}, 225e-24),
        (350e-6, {"feedback_ohm": 100.0}, 4 * BOLTZMANN_J_PER_K * 300.0 / 100.0),
    ],
    ids=["diodes", "amplifier", "both", "resistor"],
)
def test_noise_without_light(dark_current_a, amplifier, density):
    receiver = ReceiverDesign(
        photodiode=Photodiode(dark_current_a=dark_current_a),
        tia=TransimpedanceAmplifier(bandwidth_hz=POLE_HZ, **amplifier),
    )
    behind = diodes(Design(receiver=receiver), Hybrid.ideal())
    readouts = 50_000
    dark = torch.zeros(readouts, 4, dtype=torch.float64)
    current = behind.noise_a(dark, NoiseKey.from_seed(12).fold("dark"))

    # Two diodes in each pair: 2 · 2 q I_dark B, and one amplifier.
    variance = 4 * CHARGE_C * dark_current_a * LIGHT_HZ + density * BANDWIDTH_HZ
    for quadrature in current.unbind(-1):
        assert_variance(quadrature, variance)
        assert_mean(quadrature, 0.0, variance**0.5)
    assert_uncorrelated(current[:, 0], current[:, 1])
    assert white_noise(receiver).still_a2 == pytest.approx(variance, rel=1e-9, abs=0)
