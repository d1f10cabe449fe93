"""Power limits: they follow their formulas, and land where silicon is known to leave the line."""

import math

import pytest

from devices.light.power_limits import PowerLimits
from devices.switches.ring import RingSwitch

LIGHT_M = 1550e-9
GUIDE = (12.8e-3, 360.0, LIGHT_M)  # the chain of one rail


def test_small_power_does_nothing():
    response = PowerLimits().guide(1e-9, *GUIDE)
    assert response.excess_loss_db == pytest.approx(0.0, abs=1e-6)
    assert abs(response.kerr_phase_rad) < 1e-8


def test_two_photon_loss_of_a_guide():
    # Without carriers: 1 + (β/A) P L_eff.
    limits = PowerLimits(carrier_lifetime_s=0.0)
    alpha = 36.0 * math.log(10)
    effective = (1 - math.exp(-alpha * 12.8e-3)) / alpha
    expected = 10 * math.log10(1 + 7.9e-12 / 1e-13 * 0.1 * effective)
    assert limits.guide(0.1, *GUIDE).excess_loss_db == pytest.approx(expected, rel=1e-9, abs=0.0)


def test_kerr_phase_of_a_guide():
    # γ = 2π n2 / (λ A) = 182 /(W m), within the 100 to 300 that silicon wires show.
    length = 1e-3
    phase = PowerLimits().guide(1.0, length, 0.0, LIGHT_M).kerr_phase_rad
    assert phase / length == pytest.approx(
        2 * math.pi * 4.5e-18 / (LIGHT_M * 1e-13), rel=1e-12, abs=0.0
    )
    assert 100 < phase / length < 300


def test_carrier_phase_of_a_guide():
    # Δn summed in steps along the decaying power; holes (P^1.6) outweigh electrons (P²) here.
    power, length, loss = 5e-3, 12.8e-3, 360.0
    photon_j = 6.62607015e-34 * 299792458.0 / LIGHT_M
    phase = 0.0
    for i in range(1000):
        local = power * 10 ** (-loss * length * (i + 0.5) / 1000 / 10)
        pairs_cm3 = 1e-9 * 7.9e-12 * (local / 1e-13) ** 2 / (2 * photon_j) * 1e-6
        index = -8.8e-22 * pairs_cm3 - 8.5e-18 * pairs_cm3**0.8
        phase += 2 * math.pi / LIGHT_M * index * length / 1000
    found = PowerLimits().guide(power, length, loss, LIGHT_M).carrier_phase_rad
    assert found == pytest.approx(phase, rel=0.01, abs=0.0)


def test_kerr_shift_of_a_ring():
    # Δλ/λ = n2 I / n_g in a ring that neither absorbs nor heats.
    pure = PowerLimits(two_photon_m_per_w=0.0, absorbed_fraction=0.0)
    cavity = RingSwitch().cavity(LIGHT_M)
    expected = LIGHT_M * 4.5e-18 * 1e-3 * cavity.build_up / 1e-13 / 4.2
    assert pure.ring(1e-3, cavity, LIGHT_M).shift_m == pytest.approx(expected, rel=1e-3, abs=0.0)


def test_all_lost_light_heats_when_nothing_scatters():
    limits = PowerLimits(absorbed_fraction=1.0, carrier_lifetime_s=0.0, two_photon_m_per_w=0.0)
    out = 1e-3 * 10 ** (-360 * 12.8e-3 / 10)
    resistance = math.acosh(8.0) / (2 * math.pi * 1.4)
    expected = 2 * math.pi / LIGHT_M * 1.86e-4 * resistance * (1e-3 - out)
    assert limits.guide(1e-3, *GUIDE).thermal_phase_rad == pytest.approx(
        expected, rel=1e-9, abs=0.0
    )


def test_limits_use_up_their_budgets():
    limits = PowerLimits()
    found = limits.guide_limits(*GUIDE)
    assert limits.guide(found.loss_w, *GUIDE).excess_loss_db == pytest.approx(
        0.1, rel=1e-6, abs=0.0
    )
    _, *phases = limits.guide(found.phase_w, *GUIDE)
    assert sum(map(abs, phases)) == pytest.approx(16e-3, rel=1e-6, abs=0.0)
    cavity = RingSwitch().cavity(LIGHT_M)
    ring = limits.ring_limits(cavity, LIGHT_M)
    at_edge = limits.ring(ring.bistable_w, cavity, LIGHT_M).full_shift_half_widths
    assert at_edge == pytest.approx(8 / (3 * math.sqrt(3)), rel=1e-6, abs=0.0)
    phase = limits.ring(ring.phase_w, cavity, LIGHT_M).drop_phase_rad
    assert phase == pytest.approx(16e-3, rel=1e-6, abs=0.0)


def test_guide_and_ring_stop_being_linear_at_tens_of_milliwatt():
    # Above 10 to 30 mW per guide the linear model is not valid; rings with a build-up of ten cannot
    # do better.
    limits = PowerLimits()
    assert 10e-3 < limits.guide_limits(*GUIDE).linear_w < 30e-3
    assert 1e-3 < limits.ring_limits(RingSwitch().cavity(LIGHT_M), LIGHT_M).linear_w < 30e-3


def test_excess_loss_lowers_the_drop_as_the_ring_itself_would():
    # The limit's own loss, put into the ring as ordinary loss, costs the budget of 0.1 dB.
    switch = RingSwitch()
    limits = PowerLimits()
    cavity = switch.cavity(LIGHT_M)
    power = limits.ring_limits(cavity, LIGHT_M).loss_w
    excess = limits.ring(power, cavity, LIGHT_M).excess_loss_per_m * 10 / math.log(10)
    lossier = RingSwitch(loss_db_per_m=switch.loss_db_per_m + excess)
    cost = lossier.figures(LIGHT_M).drop_loss_db - switch.figures(LIGHT_M).drop_loss_db
    assert cost == pytest.approx(0.1, rel=1e-6, abs=0.0)


def test_ring_heats_by_what_it_absorbs():
    # Energy balance without nonlinear loss: half the power that a lossy ring swallows is heat,
    # through the thermal resistance of its wire.
    switch = RingSwitch(coupling_power=0.05, loss_db_per_m=100.0)
    limits = PowerLimits(two_photon_m_per_w=0.0, kerr_m2_per_w=0.0, absorbed_fraction=0.5)
    on = switch.coupled(LIGHT_M)
    swallowed = 1e-3 * (1 - abs(on.through) ** 2 - abs(on.drop) ** 2)
    resistance = limits.thermal_resistance_km_per_w / switch.circumference_m
    response = limits.ring(1e-3, switch.cavity(LIGHT_M), LIGHT_M)
    # The power falls by 3 % around the ring, which the build-up behind the coupler ignores.
    assert response.warming_k == pytest.approx(0.5 * swallowed * resistance, rel=0.04, abs=0.0)
    full = 75e-12 * response.warming_k
    half_width = switch.linewidth_m(LIGHT_M) / 2
    settled = response.shift_m / half_width
    assert settled * (1 + settled**2) * half_width == pytest.approx(full, rel=1e-9, abs=0.0)


def test_small_shift_turns_the_phase_by_the_slope_of_the_ring():
    switch = RingSwitch()
    response = PowerLimits().ring(1e-4, switch.cavity(LIGHT_M), LIGHT_M)
    slope = switch.drop_slope_rad_per_m(0.0, LIGHT_M)
    # Lorentzian line against the exact ring: second order in 1/finesse.
    assert response.drop_phase_rad == pytest.approx(slope * response.shift_m, rel=3e-3, abs=0.0)


def test_linear_material_has_no_limit():
    dark = PowerLimits(
        two_photon_m_per_w=0.0, kerr_m2_per_w=0.0, carrier_lifetime_s=0.0, absorbed_fraction=0.0
    )
    assert dark.guide_limits(*GUIDE) == (math.inf, math.inf, math.inf)
    assert dark.ring_limits(RingSwitch().cavity(LIGHT_M), LIGHT_M).linear_w == math.inf


def test_a_ring_of_any_width_has_limits() -> None:
    """Light builds up as 1/k², and the limits fall with it."""
    limits = PowerLimits()
    found = [
        limits.ring_limits(
            RingSwitch(coupling_power=k2, loss_db_per_m=0.0).cavity(LIGHT_M), LIGHT_M
        ).bistable_w
        for k2 in (1e-3, 1e-6)
    ]
    # Heat and half-width each follow the build-up: at the least as k⁴.
    assert 0.0 < found[1] < 1e-5 * found[0]
