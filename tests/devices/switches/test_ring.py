"""Ring switch: one set of parameters gives every number of the reference table."""

import cmath
import math
from typing import NamedTuple

import pytest
import torch

from devices.switches.ring import CHENG_2019, RingSwitch
from devices.switches.ring_trimmer import RingTrimmer
from devices.switches.switch import Switch
from photonics.errors import InputError
from photonics.random import NoiseKey
from tests.tolerance import assert_variance

LIGHT_M = 1550e-9
MRAD_PER_PM = 1e9

# Rings of 10 µm radius, n_g = 4.2 and 3 dB/cm, worked out apart from this code:
# k², FWHM pm, drop loss dB, on leak dB, loss / leak dB and phase mrad at 1 nm, slope mrad/pm,
# leak at 2 nm and at half the spectral range, field lifetime ps, field left after 100 ps.
TABLE = [
    (0.05, 155.0, 0.360, -27.8, 0.027, -22.4, -71.2, 0.077, -27.9, -31.8, 16.46, 2.3e-3),
    (0.10, 311.8, 0.177, -33.9, 0.108, -16.3, -145.3, 0.155, -21.7, -25.6, 8.18, 4.9e-6),
    (0.20, 654.3, 0.084, -40.3, 0.459, -10.1, -299.5, 0.305, -15.2, -19.1, 3.90, 7e-12),
]


def ring(coupling: float, **fields: float) -> RingSwitch:
    return RingSwitch(coupling_power=coupling, loss_db_per_m=300.0, **fields)


def level_db(field: complex) -> float:
    return 20 * math.log10(abs(field))


@pytest.mark.parametrize("row", TABLE)
def test_every_figure_of_the_table_from_one_ring(row):
    k2, width, drop_loss, leak_on, loss_1, leak_1, phase, slope, leak_2, leak_half, life, left = row
    switch = ring(k2)
    on, off = switch.coupled(LIGHT_M), switch.detuned(LIGHT_M)
    assert switch.fsr_m(LIGHT_M) == pytest.approx(9.104e-9, rel=1e-4, abs=0.0)
    assert switch.linewidth_m(LIGHT_M) == pytest.approx(width * 1e-12, rel=5e-4, abs=0.0)
    assert -level_db(on.drop) == pytest.approx(drop_loss, abs=6e-4)
    assert level_db(on.through) == pytest.approx(leak_on, abs=0.06)
    assert -level_db(off.through) == pytest.approx(loss_1, abs=6e-4)
    assert level_db(off.drop) == pytest.approx(leak_1, abs=0.06)
    assert 1e3 * math.atan2(off.through.imag, off.through.real) == pytest.approx(phase, abs=0.06)
    found = switch.through_slope_rad_per_m(1e-9, LIGHT_M) / MRAD_PER_PM
    assert found == pytest.approx(slope, abs=6e-4)
    assert level_db(switch.at(2e-9, LIGHT_M).drop) == pytest.approx(leak_2, abs=0.06)
    half = switch.at(switch.fsr_m(LIGHT_M) / 2, LIGHT_M)
    assert level_db(half.drop) == pytest.approx(leak_half, abs=0.06)
    assert switch.lifetime_s(LIGHT_M) == pytest.approx(life * 1e-12, rel=2e-3, abs=0.0)
    residue = math.exp(-100e-12 / switch.lifetime_s(LIGHT_M))
    assert residue == pytest.approx(left, rel=0.05, abs=0.0)


@pytest.mark.parametrize(("coupling", "slope"), [(0.10, 6.4), (0.05, 12.9)])
def test_coupled_ring_turns_the_phase(coupling, slope):
    # 6.4 mrad/pm at k² = 0.1 and 12.9 at 0.05, rounded.
    found = ring(coupling).drop_slope_rad_per_m(0.0, LIGHT_M) / MRAD_PER_PM
    assert found == pytest.approx(slope, rel=0.01, abs=0.0)


def test_half_a_radian_per_kelvin():
    # About 0.5 rad/K per coupled ring at 75 pm/K.
    switch = ring(0.1)
    per_k = switch.drop_slope_rad_per_m(0.0, LIGHT_M) * switch.drift_m_per_k
    assert per_k == pytest.approx(0.48, abs=0.01)


@pytest.mark.parametrize(("coupled", "detuning"), [(True, 0.0), (True, 5e-11), (False, 1e-9)])
def test_group_delay_is_the_derivative_by_frequency(coupled, detuning):
    # A light detuned by Δλ towards the blue sees the resonance Δλ further to the red.
    switch, step = ring(0.1), 1e-14
    port = 1 if coupled else 0
    after, before = (switch.at(detuning + s, LIGHT_M)[port] for s in (step, -step))
    omega = 2 * math.pi * 299792458.0 / LIGHT_M**2 * 2 * step
    found = switch.group_delay_s(detuning, LIGHT_M, coupled=coupled)
    assert found == pytest.approx(cmath.phase(after / before) / omega, rel=1e-4, abs=0.0)


def test_drop_delay_is_the_field_lifetime():
    # exact derivative against the Lorentzian lifetime: they differ in the second order of 1/F
    switch = ring(0.1)
    exact = switch.group_delay_s(0.0, LIGHT_M, coupled=True)
    assert exact == pytest.approx(switch.lifetime_s(LIGHT_M), rel=2e-3, abs=0.0)
    assert exact == pytest.approx(8.18e-12, rel=2e-3, abs=0.0)


def test_field_left_is_that_of_the_decaying_ring():
    # Round trips of a ring without input: the field falls by ρ = r² a in each.
    switch = ring(0.05)
    kept = 0.95 * 10 ** (-300.0 * switch.circumference_m / 20)
    round_trip_s = switch.group_index * switch.circumference_m / 299792458.0
    trips = 100e-12 / round_trip_s
    residue = math.exp(-100e-12 / switch.lifetime_s(LIGHT_M))
    assert residue == pytest.approx(kept**trips, rel=5e-3, abs=0.0)


def test_unequal_couplers():
    equal, told = ring(0.1), ring(0.1, drop_coupling_power=0.1)
    assert equal.coupled(LIGHT_M) == told.coupled(LIGHT_M)
    # Critical coupling: the input coupler's loss equals all others, and nothing passes through.
    loss = 300.0 * equal.circumference_m
    inner = 1 - (1 - 0.08) * 10 ** (-loss / 10)
    critical = ring(inner, drop_coupling_power=0.08)
    assert abs(critical.coupled(LIGHT_M).through) == pytest.approx(0.0, abs=1e-14)


def test_tensor_transfer_follows_state():
    switch = ring(0.1, drop_coupling_power=0.2)
    offset = torch.linspace(-2e-9, 2e-9, 9, dtype=torch.float64)
    through, drop = switch.transfer(offset, LIGHT_M)
    for i, one in enumerate(offset.tolist()):
        state = switch.at(one, LIGHT_M)
        assert complex(through[i]) == pytest.approx(state.through, abs=1e-14)
        assert complex(drop[i]) == pytest.approx(state.drop, abs=1e-14)


def test_bias_reaches_the_detuning():
    # FSR · V · L / (2 Vπ L) with 0.059 V cm around 62.8 µm: 0.485 nm per volt.
    switch = RingSwitch()
    assert switch.detuning_at_bias_m(1.0, LIGHT_M) == pytest.approx(0.485e-9, rel=1e-3, abs=0.0)
    assert switch.bias_v(LIGHT_M) == pytest.approx(2.1, abs=0.05)
    half = RingSwitch(driven_fraction=0.5)
    assert half.bias_v(LIGHT_M) == pytest.approx(2 * switch.bias_v(LIGHT_M))
    # A phase of 2π around the ring is one free spectral range.
    full_v = 2 * switch.v_pi_l_vm / switch.circumference_m
    assert switch.detuning_at_bias_m(full_v, LIGHT_M) == pytest.approx(
        switch.fsr_m(LIGHT_M), rel=1e-12, abs=0.0
    )


class PairDeviation(NamedTuple):
    """What extra detunings do to rings that face each other on two rails: mean and difference."""

    common_phase_rad: torch.Tensor
    differential_phase_rad: torch.Tensor
    common_loss_db: torch.Tensor
    differential_loss_db: torch.Tensor


def pair_deviation(
    switch: RingSwitch, offset_m: torch.Tensor, wavelength_m: float, *, coupled: bool
) -> PairDeviation:
    """Of extra detunings (..., 2) of the rings, coupled (drop port) or not (through port)."""
    port, base_m, bias = (1, 0.0, 0.0) if coupled else (0, switch.detuning_m, 1.0)
    field = switch.transfer(base_m + offset_m, wavelength_m, bias)[port]
    change = field / switch.at(base_m, wavelength_m, bias)[port]
    phase, loss_db = change.angle(), -20.0 * change.abs().log10()
    return PairDeviation(
        phase.mean(-1),
        phase[..., 0] - phase[..., 1],
        loss_db.mean(-1),
        loss_db[..., 0] - loss_db[..., 1],
    )


@pytest.mark.parametrize("coupled", [True, False])
def test_pair_deviation_follows_the_slope(coupled):
    switch = ring(0.1)
    small = torch.tensor([[1e-14, 1e-14], [1e-14, -1e-14]], dtype=torch.float64)
    deviation = pair_deviation(switch, small, LIGHT_M, coupled=coupled)
    slope = (
        switch.drop_slope_rad_per_m(0.0, LIGHT_M)
        if coupled
        else switch.through_slope_rad_per_m(switch.detuning_m, LIGHT_M)
    )
    assert float(deviation.common_phase_rad[0]) == pytest.approx(slope * 1e-14, rel=1e-3, abs=0.0)
    assert float(deviation.differential_phase_rad[0]) == pytest.approx(0.0, abs=1e-15)
    assert float(deviation.differential_phase_rad[1]) == pytest.approx(
        slope * 2e-14, rel=1e-3, abs=0.0
    )


def test_pair_loss_of_half_a_linewidth_is_three_decibel():
    switch = ring(0.05)
    half = switch.linewidth_m(LIGHT_M) / 2
    deviation = pair_deviation(switch, torch.tensor([half, 0.0]), LIGHT_M, coupled=True)
    three = 10 * math.log10(2)
    assert float(deviation.differential_loss_db) == pytest.approx(three, rel=2e-3, abs=0.0)
    assert float(deviation.common_loss_db) == pytest.approx(three / 2, rel=2e-3, abs=0.0)


def test_a_detuned_pair_loses_less_the_further_it_is_pushed():
    # |t|² = ((r1 - c)² + 4 r1 c s²) / ((1 - r1 c)² + 4 r1 c s²), c = r2 a, s = sin(θ/2).
    switch = ring(0.1)
    r, kept = math.sqrt(0.9), math.sqrt(0.9) * 10 ** (-300.0 * switch.circumference_m / 20)

    def loss_db(detuning_m: float) -> float:
        turns = detuning_m * switch.group_index * switch.circumference_m / LIGHT_M**2
        swing = 4 * r * kept * math.sin(math.pi * turns) ** 2
        return -10 * math.log10(((r - kept) ** 2 + swing) / ((1 - r * kept) ** 2 + swing))

    away, back = (loss_db(1e-9 + d) - loss_db(1e-9) for d in (2e-10, -1e-10))
    assert away < 0.0 < back
    offset = torch.tensor([2e-10, -1e-10], dtype=torch.float64)
    found = pair_deviation(switch, offset, LIGHT_M, coupled=False)
    assert float(found.differential_loss_db) == pytest.approx(away - back, rel=1e-9, abs=0.0)
    assert float(found.common_loss_db) == pytest.approx((away + back) / 2, rel=1e-9, abs=0.0)


def test_carriers_cost_the_detuned_state_and_no_other():
    # The detuned ring is one of so much more loss everywhere; the coupled ring is as it was.
    plain, lossy = ring(0.1), RingSwitch(coupling_power=0.1, loss_db_per_m=2300.0)
    carriers = ring(0.1, detuning_loss_db_per_m=2000.0)
    assert carriers.coupled(LIGHT_M) == plain.coupled(LIGHT_M)
    assert carriers.detuned(LIGHT_M) == lossy.detuned(LIGHT_M)
    assert abs(carriers.detuned(LIGHT_M).through) < abs(plain.detuned(LIGHT_M).through)
    found, low, high = (switch.figures(LIGHT_M) for switch in (carriers, plain, lossy))
    assert found.drop_loss_db == low.drop_loss_db
    assert found.bandwidth_hz == low.bandwidth_hz
    assert found.through_loss_db == high.through_loss_db > low.through_loss_db
    leak = abs(plain.coupled(LIGHT_M).drop) ** 2 / abs(lossy.detuned(LIGHT_M).drop) ** 2
    assert found.extinction_db == pytest.approx(10 * math.log10(leak), rel=1e-12, abs=0.0)
    half = carriers.at(5e-10, LIGHT_M, bias=0.5)
    assert half == RingSwitch(coupling_power=0.1, loss_db_per_m=1300.0).at(5e-10, LIGHT_M)


def test_carriers_change_what_drift_does_to_the_detuned_state_alone():
    plain, lossy = ring(0.1), RingSwitch(coupling_power=0.1, loss_db_per_m=2300.0)
    carriers = ring(0.1, detuning_loss_db_per_m=2000.0)
    offset = torch.tensor([1e-10, -2e-11], dtype=torch.float64)
    for like, coupled in ((plain, True), (lossy, False)):
        found, expected = (
            pair_deviation(switch, offset, LIGHT_M, coupled=coupled) for switch in (carriers, like)
        )
        assert found == expected
        delays = [s.group_delay_s(1e-9, LIGHT_M, coupled=coupled) for s in (carriers, like)]
        assert delays[0] == delays[1]
    slopes = [s.through_slope_rad_per_m(1e-9, LIGHT_M) for s in (carriers, lossy, plain)]
    assert slopes[0] == slopes[1] != slopes[2]


def test_a_shift_to_the_blue_has_the_same_losses_and_the_other_phase():
    switch = ring(0.1)
    red, blue = switch.at(1e-9, LIGHT_M), switch.at(-1e-9, LIGHT_M)
    assert blue.through == pytest.approx(red.through.conjugate(), abs=1e-14)
    assert blue.drop == pytest.approx(red.drop.conjugate(), abs=1e-14)


def test_one_millikelvin_between_the_rails():
    switch = ring(0.1)
    # Half to either side.
    offset = switch.offset_per_k(LIGHT_M) * torch.tensor([0.5e-3, -0.5e-3], dtype=torch.float64)
    deviation = pair_deviation(switch, offset, LIGHT_M, coupled=True)
    expected = 75e-15 * switch.drop_slope_rad_per_m(0.0, LIGHT_M)
    assert float(deviation.differential_phase_rad) == pytest.approx(expected, rel=1e-3, abs=0.0)
    assert float(deviation.common_phase_rad) == pytest.approx(0.0, abs=1e-9)


def test_trimming_leaves_steps_and_what_readings_do_not_tell():
    """Rms of a step, and of the difference of two readings on the flanks of the resonance."""
    lattice, key = (2, 8, 16, 5), NoiseKey.from_seed(4)
    for bits, reading in ((13, 0.0), (8, 0.0), (20, 2e-3), (13, 1e-3)):
        switch = RingSwitch(trimmer=RingTrimmer(bits=bits, neighbour_coupling=0.0))
        left_m = switch.trimmed(key, lattice, LIGHT_M, reading)
        assert left_m.shape == (*lattice, 2, 2)
        half_m = switch.linewidth_m(LIGHT_M) / 2.0
        above, below = (abs(switch.at(s * half_m, LIGHT_M).drop) for s in (1.02, 0.98))
        falls_per_m = math.log(below / above) / (0.04 * half_m)
        # Noise stays what it is where the amplitude is 1/√2.
        found_m = math.sqrt(2.0) * reading * math.sqrt(2.0) / (2.0 * falls_per_m)
        rms_m = math.hypot(switch.trimmer.lsb_m / math.sqrt(12.0), found_m)
        within = left_m[left_m.abs() < 6.0 * rms_m]
        # A resonance is missed by the range in seven of a million.
        assert within.numel() > left_m.numel() - 5
        # Even within a step, or normal, or both: no kurtosis is above that of a normal.
        assert_variance(within, rms_m**2)


def test_states_of_a_switch_are_those_of_the_ring():
    switch = RingSwitch(drop_coupling_power=0.13, detuning_loss_db_per_m=4000.0)
    offset_m = torch.tensor([0.0, 3e-12, -7e-12], dtype=torch.float64)
    for coupled, base_m, bias in ((True, 0.0, 0.0), (False, switch.detuning_m, 1.0)):
        found = switch.fields(offset_m[:, None], LIGHT_M, coupled=coupled)
        for place, offset in enumerate(offset_m.tolist()):
            state = switch.at(base_m + offset, LIGHT_M, bias)
            assert complex(found.straight[place]) == pytest.approx(state.through, abs=1e-15)
            assert complex(found.coupled[place]) == pytest.approx(state.drop, abs=1e-15)
        # What the other kinds find by a small step, rings have in closed form.
        slope = switch.slope_rad(LIGHT_M, coupled=coupled)
        assert Switch.slope_rad(switch, LIGHT_M, coupled=coupled) == pytest.approx(slope, rel=1e-6)
        powers = switch.powers(LIGHT_M, coupled=coupled)
        state = switch.at(base_m, LIGHT_M, bias)
        assert powers == pytest.approx((abs(state.through) ** 2, abs(state.drop) ** 2), rel=1e-12)
    assert switch.leaking_least(LIGHT_M).detuning_m == 0.5 * switch.fsr_m(LIGHT_M)


def test_ring_that_stands_is_the_switch_in_its_state():
    switch = RingSwitch(drop_coupling_power=0.13, detuning_loss_db_per_m=4000.0)
    light = torch.ones(5, dtype=torch.complex128)
    for bias in (0.0, 0.4, 1.0):
        for offset_m in (0.0, 3e-12):
            offset = torch.tensor([[offset_m]], dtype=torch.float64)
            share = torch.full((5,), bias, dtype=torch.float64)
            found = switch.transient(LIGHT_M, share, offset, light)
            state = switch.at(bias * switch.detuning_m + offset_m, LIGHT_M, bias)
            assert complex(found.straight[-1]) == pytest.approx(state.through, abs=1e-12)
            assert complex(found.coupled[-1]) == pytest.approx(state.drop, abs=1e-12)


def test_step_in_time_is_half_a_round_trip():
    assert 2 * RingSwitch().time_step_s() == pytest.approx(4.2 * 2e-5 * math.pi / 299792458)


def test_fit_recovers_a_ring_from_its_own_figures():
    made = RingSwitch(coupling_power=0.15, loss_db_per_m=500.0, detuning_m=1.4e-9)
    found = RingSwitch.fit(made.figures(LIGHT_M), LIGHT_M)
    assert found.coupling_power == pytest.approx(0.15, rel=1e-6, abs=0.0)
    assert found.loss_db_per_m == pytest.approx(500.0, rel=1e-6, abs=0.0)
    assert found.detuning_m == pytest.approx(1.4e-9, rel=1e-6, abs=0.0)


def test_measured_switch_is_one_ring():
    # Cheng et al. 2019 quote 0.5 dB on, 0.1 dB off, more than 25 dB and 24 GHz.  One ring meets
    # loss, width and extinction; then it must pass with *less* than the quoted 0.1 dB, which was
    # the resolution of the measurement.
    found = RingSwitch.fit(CHENG_2019, LIGHT_M).figures(LIGHT_M)
    assert found.drop_loss_db == pytest.approx(0.5, abs=0.01)
    assert found.bandwidth_hz == pytest.approx(24e9, rel=0.01, abs=0.0)
    assert found.extinction_db == pytest.approx(25.0, abs=1.0)
    assert 0.0 < found.through_loss_db < 0.1


def test_detuned_states_beyond_reach_are_refused() -> None:
    # λ² / (2 n_g L) with L = 2π 10 µm, and 2 Vπ L / L for a full range.
    half_m = 1.55e-6**2 / (2.0 * 4.2 * 2.0 * math.pi * 10e-6)
    RingSwitch(detuning_m=0.9999 * half_m).check(LIGHT_M)
    with pytest.raises(InputError, match=r"^detuning_m = .* 4\.552e-09 m at 1\.55e-06 m; lower"):
        RingSwitch(detuning_m=1.0001 * half_m).check(LIGHT_M)
    half_v = 5.9e-4 / (2.0 * math.pi * 10e-6)
    share = half_v / 10.0
    RingSwitch(detuning_m=0.9 * half_m, driven_fraction=0.91 * share).check(LIGHT_M)
    short = RingSwitch(detuning_m=0.9 * half_m, driven_fraction=0.89 * share)
    with pytest.raises(InputError, match=r"^detuning_m = .* bias of 10\.11 V, .* is the most; low"):
        short.check(LIGHT_M)
    short.model_copy(update={"max_bias_v": 11.0}).check(LIGHT_M)


@pytest.mark.parametrize(
    "bad",
    [
        {"coupling_power": 0.0},
        {"coupling_power": 1.0},
        {"drop_coupling_power": 1.2},
        {"loss_db_per_m": -1.0},
        {"driven_fraction": 1.1},
        {"radius_m": math.inf},
    ],
)
def test_impossible_rings_are_refused(bad):
    with pytest.raises(InputError):
        RingSwitch(**bad)
