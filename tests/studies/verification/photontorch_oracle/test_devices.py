"""Our closed forms against an independent network solver, over random parameters."""

import math

import pytest
import torch

from devices.passive.coupler import Coupler
from devices.passive.waveguide import Waveguide
from devices.switches.ring import RingSwitch
from photonics.optics import coupler_matrix, mzi_matrix, power_w
from photonics.random import NoiseKey
from photonics.rings import ring_add_drop
from studies.verification.photontorch_oracle import devices as reference
from tests.studies.verification.photontorch_oracle.rough import needs_photontorch

POWER = {"rtol": 0.0, "atol": 1e-9}


def draws(name: str, count: int) -> list[list[float]]:
    """Six uniform numbers for each of ``count`` cases."""
    key = NoiseKey.from_seed(11).fold(name)
    return key.uniform(0, 6 * count).reshape(count, 6).tolist()


@needs_photontorch
@pytest.mark.parametrize("u", draws("coupler", 3))
def test_coupler(u):
    found, ours = reference.coupler(u[0]), coupler_matrix(u[0])
    torch.testing.assert_close(power_w(found), power_w(ours), **POWER)
    torch.testing.assert_close(found, ours, rtol=0, atol=1e-9)


@needs_photontorch
@pytest.mark.parametrize("u", draws("lossy coupler", 3))
def test_coupler_with_excess_loss(u):
    found = reference.coupler(u[0], 3.0 * u[1])
    ours = Coupler(cross_power=u[0], excess_loss_db=3.0 * u[1]).matrix()
    torch.testing.assert_close(power_w(found), power_w(ours), **POWER)
    torch.testing.assert_close(found, ours, rtol=0, atol=1e-9)


@needs_photontorch
@pytest.mark.parametrize("u", draws("waveguide", 5))
def test_lossy_waveguide(u):
    guide = Waveguide(
        length_m=1e-3 * u[0],
        loss_db_per_m=1e4 * u[1],
        effective_index=1.5 + u[2],
        group_index=3.0 + 2.0 * u[3],
        dispersion_s_per_m2=0.0,
    )
    light_m = (1540 + 20 * u[4]) * 1e-9
    found = reference.waveguide(
        guide.length_m, guide.loss_db_per_m, guide.effective_index, guide.group_index, light_m
    )
    ours = complex(guide.transfer(light_m))
    assert abs(found) ** 2 == pytest.approx(abs(ours) ** 2, abs=1e-9)
    assert found == pytest.approx(ours, abs=1e-9)


@needs_photontorch
@pytest.mark.parametrize("u", draws("interferometer", 8))
def test_interferometer_of_discrete_parts(u):
    phase = 20.0 * (u[2] - 0.5)
    found = reference.mzi(u[0], u[1], phase, 3.0 * u[3], 3.0 * u[4])
    ours = mzi_matrix(coupler_matrix(u[0]), coupler_matrix(u[1]), phase, 3.0 * u[3], 3.0 * u[4])
    torch.testing.assert_close(power_w(found), power_w(ours), **POWER)
    torch.testing.assert_close(found, ours, rtol=0, atol=1e-9)


@needs_photontorch
@pytest.mark.parametrize("u", draws("ring", 8))
def test_ring_of_two_couplers_and_two_half_rings(u):
    coupling_in, coupling_drop = 0.02 + 0.9 * u[0], 0.02 + 0.9 * u[1]
    loss_db, theta = 2.0 * u[2], 2.0 * math.pi * u[3]
    found = reference.ring_add_drop(coupling_in, coupling_drop, loss_db, theta)
    r_in, r_drop = math.sqrt(1.0 - coupling_in), math.sqrt(1.0 - coupling_drop)
    ours = ring_add_drop(r_in, r_drop, 10.0 ** (-loss_db / 20.0), theta)
    for one, other in zip(found, ours, strict=True):
        assert abs(one) ** 2 == pytest.approx(abs(other) ** 2, abs=1e-9)
        assert one == pytest.approx(other, abs=1e-9)


@needs_photontorch
@pytest.mark.parametrize("u", draws("ring switch", 4))
def test_a_switch_detuned_in_wavelength(u):
    # A resonance Δλ to the red of the light adds θ = 2π Δλ n_g L / λ² to a round trip.
    switch = RingSwitch(
        coupling_power=0.02 + 0.5 * u[0],
        drop_coupling_power=0.02 + 0.5 * u[1],
        loss_db_per_m=1e4 * u[2],
        group_index=3.0 + 2.0 * u[3],
        detuning_m=(0.1 + 4.0 * u[4]) * 1e-9,
    )
    light_m = (1540 + 20 * u[5]) * 1e-9
    length_m = 2.0 * math.pi * switch.radius_m
    theta = 2.0 * math.pi * switch.detuning_m * switch.group_index * length_m / light_m**2
    loss_db = switch.loss_db_per_m * length_m
    found = reference.ring_add_drop(switch.coupling_power, 0.02 + 0.5 * u[1], loss_db, theta)
    for one, other in zip(found, switch.detuned(light_m), strict=True):
        assert one == pytest.approx(other, abs=1e-9)
