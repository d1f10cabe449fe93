"""Guides: loss, phase, delay, temperature, each against its definition."""

import cmath
import math

import pytest
import torch

from devices.passive.waveguide import Waveguide
from photonics.errors import InputError


def test_default_wire_against_its_published_polynomial():
    # n(λ) = 2.445 - 1.130 x - 0.042 x², x in µm from 1.55 µm (500 x 220 nm strip, Chrostowski
    # and Hochberg 2015); our defaults are rounded, n_g to 4.2 and D to 440 ps/(nm km).
    guide = Waveguide()
    for x in (-0.02, -0.005, 0.01, 0.02):
        published = 2.445 - 1.130 * x - 0.042 * x * x
        assert guide.index((1.55 + x) * 1e-6) == pytest.approx(published, abs=6e-5)


def test_phase_and_loss_of_the_field():
    guide = Waveguide(length_m=2e-3, loss_db_per_m=300.0)
    field = complex(guide.transfer(1550e-9))
    assert abs(field) ** 2 == pytest.approx(10**-0.06, rel=1e-12, abs=0.0)
    turn = 2 * math.pi * 2.445 * 2e-3 / 1550e-9
    assert cmath.phase(field * cmath.exp(-1j * turn)) == pytest.approx(0.0, abs=1e-9)


def test_delay_is_the_derivative_of_the_phase():
    # d(phase)/d(angular frequency), away from the reference so that dispersion counts.
    guide, centre, step = Waveguide(length_m=1e-3), 1560e-9, 1e-13
    after, before = (float(guide.phase_rad(centre + s)) for s in (step, -step))
    omega = [2 * math.pi * 299792458.0 / (centre + s) for s in (step, -step)]
    assert guide.delay_s(centre) == pytest.approx(
        (after - before) / (omega[0] - omega[1]), rel=1e-6
    )


def test_dispersion_is_the_derivative_of_the_delay():
    guide = Waveguide(length_m=1.0, dispersion_s_per_m2=4.4e-3)
    slope = (guide.delay_s(1550.1e-9) - guide.delay_s(1549.9e-9)) / 0.2e-9
    assert slope == pytest.approx(4.4e-3, rel=1e-6, abs=0.0)


def test_warming_turns_the_phase():
    guide = Waveguide(length_m=1e-3)
    warming = torch.tensor([0.0, 1.0, -2.0], dtype=torch.float64)
    turned = guide.phase_rad(1550e-9, warming) - guide.phase_rad(1550e-9)
    per_k = guide.thermal_phase_rad_per_k(1550e-9)
    torch.testing.assert_close(turned, per_k * warming, rtol=0, atol=1e-8)
    assert per_k == pytest.approx(0.754, abs=5e-4)  # rad/K/mm


@pytest.mark.parametrize(
    "bad", [{"loss_db_per_m": -1.0}, {"length_m": -1e-3}, {"group_index": 0.9}]
)
def test_impossible_guides_are_refused(bad):
    with pytest.raises(InputError):
        Waveguide(**bad)
