"""Dot products in time: settled where slow, step by step where fast, and as the budget says."""

from __future__ import annotations

import math
from itertools import pairwise

import pytest
import torch
from torch import Tensor

from circuits import ArrayShape, ModularDotProduct, fabricate
from circuits.analysis.time_domain import TimeDomainDotProduct, digit_in_time, switch_start_s
from circuits.analysis.timing import allowed_phase_rad, row_timing
from circuits.design.circuit import Design, MultiplierDesign, ReceiverDesign
from circuits.optics.chain_delay import ChainDelay
from circuits.optics.digit import Arms, DigitOptics
from devices.switches.ring import RingSwitch
from devices.switches.switch_drive import SwitchDrive
from photonics.errors import InputError
from photonics.optics import phasor
from photonics.random import NoiseKey
from tests.constants import WAVELENGTH_M


def design(bandwidth_hz: float = 40e9, poles: int = 1, **changes: object) -> Design:
    changes = {"switch": RingSwitch(detuning_m=2e-9), **changes}
    tia = ReceiverDesign().tia.model_copy(update={"bandwidth_hz": bandwidth_hz, "poles": poles})
    receiver = ReceiverDesign(tia=tia, gain="per-symbol", adc_extra_bits=6)
    multiplier = MultiplierDesign().model_copy(update=changes)
    return Design(multiplier=multiplier, receiver=receiver)


def clocked(parts: Design, clock_hz: float) -> Design:
    return parts.changed({"clock_hz": clock_hz})


def integers(source: str, modulus: int, *shape: int) -> Tensor:
    uniform = NoiseKey.from_seed(7).fold(source).uniform(0, math.prod(shape))
    return (uniform * modulus).long().reshape(shape)


@pytest.mark.parametrize("polarity", ["zero-coupled", "one-coupled"])
@pytest.mark.parametrize("rails", ["dual", "single"])
@pytest.mark.parametrize("skewed", [True, False])
def test_slow_symbols_are_the_settled_ones(polarity: str, rails: str, skewed: bool) -> None:
    drive = SwitchDrive(skewed=skewed)
    parts = design(polarity=polarity, rails=rails, switch_drive=drive, bypass_phase_rms_rad=1.0)
    chip = fabricate(parts, (15,), ArrayShape(1, 1, 2), seed=4)
    x, w = integers("x", 15, 3, 6, 2), integers("w", 15, 3, 2)
    # Twice the needed time on top of it is more than twenty lifetimes of a ring, the slowest of
    # all: what the budget leaves, at most 0.05 of the amplitude, falls by e^-20 to 1e-10.
    needed_s = row_timing(parts, 15, 2).symbol_s
    assert 2.0 * needed_s > 20.0 * RingSwitch().lifetime_s(WAVELENGTH_M)
    symbol_s = 3.0 * needed_s
    slow = TimeDomainDotProduct(15, 2, clocked(parts, 1 / symbol_s), chip)
    settled = ModularDotProduct(15, 2, chip=chip)
    expected = settled.currents(x, w[:, None])
    scale = float(expected.abs().max())
    torch.testing.assert_close(slow.currents(x, w), expected, rtol=0, atol=1e-9 * scale)
    assert torch.equal(slow.read(x, w), settled.read(x, w[:, None]))
    assert float(slow.phase_error_rad(x, w).abs().max()) < 1e-7


def test_a_digit_that_switches_is_scattering_at_four_couplers_step_by_step() -> None:
    ring = RingSwitch(coupling_power=0.2, drop_coupling_power=0.1, detuning_m=2e-9)
    optics = DigitOptics.of(MultiplierDesign(switch=ring), 2, WAVELENGTH_M)
    steps = 400
    bias = (torch.arange(steps, dtype=torch.float64) / 40).sin().square()
    offset_m = torch.tensor([[3e-12], [-5e-12]], dtype=torch.float64)
    field = torch.ones(steps, dtype=torch.complex128)
    field[0] = 0.0
    shifter, bypass = 0.9 * phasor(0.7), 0.8 * phasor(-0.4)
    arms = Arms(shifter.reshape(1), bypass.reshape(1))
    found = digit_in_time(optics, field, (bias, bias.flip(0)), offset_m, arms)

    r1, r2 = math.sqrt(0.8), math.sqrt(0.9)
    k1, k2 = math.sqrt(0.2), math.sqrt(0.1)
    loss = 10 ** (-ring.loss_db_per_m * ring.circumference_m / 40)
    turn = math.pi / ring.fsr_m(WAVELENGTH_M)
    state = [[0j, 0j], [0j, 0j]]  # behind the input and the drop coupler, of both rings

    def scatter(which: int, n: int, a: complex, b: complex) -> tuple[complex, complex]:
        share = (bias, bias.flip(0))[which][n]
        half = loss * phasor(turn * (share * ring.detuning_m + offset_m[which, 0]))
        at_drop, back = complex(half) * state[which][0], complex(half) * state[which][1]
        state[which] = [1j * k1 * a + r1 * back, 1j * k2 * b + r2 * at_drop]
        return r1 * a + 1j * k1 * back, r2 * b + 1j * k2 * at_drop

    for n in range(steps):
        through, drop = scatter(0, n, complex(field[n]), 0j)
        out, _ = scatter(1, n, complex(shifter) * through, complex(bypass) * drop)
        assert complex(found[n]) == pytest.approx(out, abs=1e-12)


@pytest.mark.parametrize("digits", [1, 4])
def test_coupled_digits_delay_light_by_two_group_delays_each(digits: int) -> None:
    # Light that is dropped twice by each digit; no shifter path, so that no leak comes along.
    delay = ChainDelay(design(polarity="one-coupled"), 2, digits)
    ring = delay.design.multiplier.switch
    optics = DigitOptics.of(delay.design.multiplier, 2, WAVELENGTH_M)
    pulse = torch.zeros(4000, dtype=torch.complex128)
    pulse[2] = 1.0
    zero, one = torch.zeros(1, dtype=torch.float64), torch.ones(1, dtype=torch.complex128)
    coupled = zero.expand(4000), zero.expand(4000)
    for _ in range(digits):
        pulse = digit_in_time(optics, pulse, coupled, zero.expand(2, 1), Arms(one, 0 * one))
    steps = torch.arange(4000, dtype=torch.float64) - 2
    centroid_s = ring.time_step_s() * float((steps * pulse.real).sum() / pulse.real.sum())
    bits = torch.ones(digits, 1, dtype=torch.int64)
    guides_s = digits * float(delay.guide_s.sum())
    assert centroid_s == pytest.approx(float(delay.of(bits)) - guides_s, rel=1e-9, abs=0.0)
    assert centroid_s == pytest.approx(
        digits * 2 * ring.delay_s(WAVELENGTH_M, coupled=True), rel=1e-9, abs=0.0
    )


def test_skewed_drives_come_with_the_mean_light_and_others_before_it() -> None:
    delay = ChainDelay(design(), 15, 2)
    guides_s = 2 * float(delay.guide_s.sum())
    starts_s = switch_start_s(delay)
    assert starts_s.shape == (2, 4, 2)
    assert float(starts_s[0, 0, 0]) == 0.0
    # Both rings of the digits 0 and 1 of the second multiplier lie behind one whole multiplier.
    before = delay.uniform.mean_s / 2 - guides_s / 2 + float(2 * delay.mean_switch_s[:2].sum())
    assert float(starts_s[1, 2, 0]) == pytest.approx(before, rel=1e-9, abs=0.0)
    last = delay.uniform.mean_s - guides_s - float(delay.mean_switch_s[-1])
    assert float(starts_s[1, 3, 1]) == pytest.approx(last, rel=1e-9, abs=0.0)
    plain = switch_start_s(ChainDelay(design(switch_drive=SwitchDrive(skewed=False)), 15, 2))
    assert float(plain[0, 0, 0]) == 0.0
    assert float(plain[0, 0, 1]) == pytest.approx(-float(delay.guide_s[0]), rel=1e-12, abs=0.0)
    assert float(plain[1, 3, 1]) == pytest.approx(-guides_s, rel=1e-12, abs=0.0)


def test_shorter_symbols_err_more() -> None:
    parts = design()
    x, w = integers("x", 15, 2, 24, 2), integers("w", 15, 2, 2)
    needed_s = row_timing(parts, 15, 2).symbol_s
    rms = []
    for share in (1.5, 1.0, 0.7, 0.5, 0.35):
        timed = TimeDomainDotProduct(15, 2, clocked(parts, 1 / (share * needed_s)))
        rms.append(float(timed.phase_error_rad(x, w).square().mean().sqrt()))
    assert all(2 * longer < shorter for longer, shorter in pairwise(rms)), rms


@pytest.mark.parametrize("polarity", ["zero-coupled", "one-coupled"])
@pytest.mark.parametrize("rails", ["dual", "single"])
@pytest.mark.parametrize("skewed", [True, False])
@pytest.mark.parametrize(("bandwidth_hz", "poles"), [(6e9, 1), (40e9, 2)])
def test_light_settles_when_the_budget_says_and_not_much_sooner(
    polarity: str, rails: str, skewed: bool, bandwidth_hz: float, poles: int
) -> None:
    # Every symbol after every other, seven streamed values in both multipliers.
    parts = design(
        bandwidth_hz, poles, polarity=polarity, rails=rails, switch_drive=SwitchDrive(skewed=skewed)
    )
    timing, allowed_rad = row_timing(parts, 7, 2), allowed_phase_rad(7)
    first, then = torch.meshgrid(torch.arange(7), torch.arange(7), indexing="ij")
    # The third symbol is there to disturb the second before it has been sampled.
    x = torch.stack((first, then, first), -1).flatten(0, 1)[..., None].expand(-1, -1, 2)
    w = torch.tensor([3, -2])

    def worst_rad(clock_hz: float) -> float:
        timed = TimeDomainDotProduct(7, 2, clocked(parts, clock_hz))
        return float(timed.phase_error_rad(x, w)[:, :2].abs().max())

    assert worst_rad(timing.fastest_clock_hz) < allowed_rad
    assert worst_rad(3.0 * timing.fastest_clock_hz) > 3.0 * allowed_rad


def test_light_of_the_next_symbol_disturbs_samples_that_wait_for_the_mean() -> None:
    parts = design()
    x, w = integers("x", 15, 24, 2), integers("w", 15, 2)
    clock_hz = row_timing(parts, 15, 2).fastest_clock_hz
    mean_s = ChainDelay(parts, 15, 2).uniform.mean_s
    late = TimeDomainDotProduct(15, 2, clocked(parts, clock_hz), sampling_delay_s=mean_s)
    assert float(late.phase_error_rad(x, w).abs().max()) > 3 * allowed_phase_rad(15)


@pytest.mark.parametrize("delay_s", [-1e-12, math.nan, math.inf])
def test_impossible_times_are_refused(delay_s: float) -> None:
    with pytest.raises(InputError, match="sampling_delay_s"):
        TimeDomainDotProduct(7, 1, design(), sampling_delay_s=delay_s)


def test_the_clock_is_that_of_the_design() -> None:
    parts = clocked(design(), 2e9)
    assert TimeDomainDotProduct(7, 1, parts).symbol_s == 0.5e-9
    chip = fabricate(parts, (7,), ArrayShape(1, 1, 1), seed=0)
    assert TimeDomainDotProduct(7, 1, chip=chip).symbol_s == 0.5e-9


def test_streams_that_do_not_fit_are_refused() -> None:
    timed = TimeDomainDotProduct(7, 2, clocked(design(), 1e9))
    with pytest.raises(InputError, match="2 long"):
        timed.fields(torch.zeros(4, 3, dtype=torch.int64), torch.zeros(2, dtype=torch.int64))
    slow = TimeDomainDotProduct(7, 2, clocked(design(), 1e3))
    with pytest.raises(InputError, match="clock_hz"):
        slow.fields(torch.zeros(4, 2, dtype=torch.int64), torch.zeros(2, dtype=torch.int64))
