"""The compact engine in watts and amperes: what no ratio of two wrong numbers can hide."""

from __future__ import annotations

import math

import pytest
import torch

from mirage_core import TensorCore, load_machine
from photonics.units import ELEMENTARY_CHARGE_C
from tests.machines import SMALL
from tests.tolerance import assert_mean, assert_variance


@pytest.mark.parametrize("fidelity", ["compact", "field"])
@pytest.mark.parametrize("source", ["amplifier", "shot noise"])
def test_noise_over_amplitude_is_that_of_the_launched_light(fidelity: str, source: str) -> None:
    """A = R P T / 2, full scale 1.25 A; i² B of the amplifier, or 2 q R P T / 2 B of the light."""
    power_w, edge_db, vectors = 1e-4, 1.5, 4000
    density = 1e-9 if source == "amplifier" else 0.0
    # The amplifier's pole lies so far below that of the diodes (30 GHz) that it acts alone.
    bandwidth_hz, memory = 1e6, "receiver.memory=settled"
    light = [f"laser.power_w={power_w}", f"coupler.loss_db={edge_db}"]
    receiver = [f"receiver.tia.bandwidth_hz={bandwidth_hz}", memory]
    machine = load_machine(
        "isca2024-ideal",
        [*SMALL, *light, *receiver, f"receiver.tia.noise_a_per_rthz={density}"],
    )
    core = TensorCore(machine, fidelity=fidelity)
    with core.probe(limit=10**9) as probe:
        core.matmul(torch.zeros(8, 16), torch.zeros(16, vectors))
    amplitude_a = 1.1 * power_w * 10 ** (-edge_db / 10) / 2
    noise_hz = math.pi / 2 * bandwidth_hz
    if source == "amplifier":
        variance_a2 = density**2 * noise_hz
    else:
        variance_a2 = 2 * ELEMENTARY_CHARGE_C * amplitude_a * noise_hz
    full_scale_a = 1.25 * amplitude_a
    for modulus in machine.moduli:
        in_phase, quadrature = probe.samples[modulus][:2].double()
        assert_variance(quadrature, variance_a2 / full_scale_a**2)
        assert_mean(in_phase, 1 / 1.25, math.sqrt(variance_a2) / full_scale_a)
