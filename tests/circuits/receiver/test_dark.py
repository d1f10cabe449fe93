"""Receiver in the dark: what is left are the dark currents of four diodes and two amplifiers."""

import pytest
import torch

from circuits.design.circuit import Design, ReceiverDesign
from circuits.optics.hybrid import Hybrid
from circuits.receiver.by_design import diodes, white_noise
from devices.electronics.amplifier import TransimpedanceAmplifier
from devices.electronics.photodiode import Photodiode
from photonics.random import NoiseKey
from tests.tolerance import assert_mean, assert_uncorrelated, assert_variance

CHARGE = 1.602176634e-19
BOLTZMANN = 1.380649e-23
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
        (350e-6, {"feedback_ohm": 100.0}, 4 * BOLTZMANN * 300.0 / 100.0),
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
    variance = 4 * CHARGE * dark_current_a * LIGHT_HZ + density * BANDWIDTH_HZ
    for quadrature in current.unbind(-1):
        assert_variance(quadrature, variance)
        assert_mean(quadrature, 0.0, variance**0.5)
    assert_uncorrelated(current[:, 0], current[:, 1])
    assert white_noise(receiver).still_a2 == pytest.approx(variance, rel=1e-9, abs=0)
