"""The link: loss, power and noise of a row by design."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from circuits.analysis.link import LinkBudget
from circuits.design.circuit import Design
from circuits.optics.digit import section_m
from mirage_core import load_machine
from photonics.errors import InputError
from photonics.statistics import required_gamma
from tests.circuits.designs import HYBRID_DB, LAUNCH_DB
from tests.parameter_machines import coupler_rows

# Losses by name: of each part in dB, and how many such parts the light passes.
LOSSES = {
    "feed.stage_loss_db": (0.28, 5),
    "rail_splitter.excess_loss_db": (0.28, 1),
    "receiver.hybrid.splitter.excess_loss_db": (0.28, 1),
    "receiver.hybrid.coupler.excess_loss_db": (0.3, 1),
}


def test_the_guide_of_a_row_is_as_long_as_all_its_shifters() -> None:
    design, length = Design(), 16
    multiplier, wavelength_m = design.multiplier, design.laser.wavelength_m
    row_m = sum(sum(section_m(multiplier, 31)) for _ in range(length))
    loss_db_per_m = multiplier.shifter.loss_db_per_m
    expected = design.power_limits.guide_limits(row_m, loss_db_per_m, wavelength_m).loss_w
    found_w, shorter_w = (LinkBudget(design, 31, n).power().guide_limit_w for n in (length, 4))
    assert found_w == pytest.approx(expected, rel=1e-9)
    assert found_w < 0.7 * shorter_w


def test_closing_power_solves_the_link() -> None:
    budget = LinkBudget(Design(), 33, 16)
    power = budget.closing_power_w(1e-6, 20.0)
    design = Design(modulus_power_w={33: power})
    point = LinkBudget(design, 33, 16).at_loss(20.0)
    assert point.rho**2 / 2 == pytest.approx(required_gamma(1e-6, 33), rel=1e-9)


def test_noise_of_converters_adds_to_their_steps() -> None:
    """Variances of a step, 1/12, and of n steps of noise: σ grows by sqrt(1 + 12 n²)."""
    steps = Design().receiver
    assert steps.adc_noise_lsb == 0.0
    noisy = steps.model_copy(update={"adc_noise_lsb": 0.5})
    plain, louder = (LinkBudget(Design(receiver=r), 33, 16).at_loss(5.0) for r in (steps, noisy))
    assert louder.converter_rms_rad == pytest.approx(2.0 * plain.converter_rms_rad, rel=1e-12)
    assert louder.symbol_error_rate > plain.symbol_error_rate


def test_steps_of_converters_follow_the_gain_that_a_stage_can_give() -> None:
    """Two rails that lose 9.9 dB want 19.8: steps of 6 dB give 18, a stage up to 3 dB gives 3."""
    stages = (None, {"step_db": 6.0}, {"max_gain_db": 3.0, "step_db": 0.0})
    ring = {"loss_db_per_m": 0.0, "detuning_m": 4.5e-9}
    plain, stepped, ended = (
        LinkBudget(
            Design().changed(
                {
                    "multiplier.switch": ring,
                    "receiver.gain": "per-symbol",
                    "receiver.stage": stage,
                }
            ),
            33,
            16,
        )
        for stage in stages
    )
    least_db = 16 * float(plain.gain.residue_loss_db().min())
    points = [budget.at_loss(least_db + 9.9) for budget in (plain, stepped, ended)]
    steps = [point.converter_rms_rad / points[0].converter_rms_rad for point in points]
    assert steps == pytest.approx([1.0, 10 ** (1.8 / 20), 10 ** (16.8 / 20)], rel=1e-6)


def test_parts_that_were_measured_to_gain_have_a_budget() -> None:
    """Couplers that gain within their tolerance leave a loss below 0 where nothing else loses."""
    switch = {
        "kind": "mzi",
        "coupler": {"measured": coupler_rows(0.5, 0.0, 0.0)},
        "arm": {"loss_db_per_m": 0.01},
    }
    changes = {"multiplier.switch": switch, "multiplier.bend.loss_db": 0.0, "clock_hz": 1e9}
    budget = LinkBudget(Design().changed(changes), 7, 8)
    gained_db = 8 * float(budget.gain.residue_loss_db().min())
    assert gained_db < -0.1
    more = budget.at_loss(gained_db).amplitude_a / budget.at_loss(0.0).amplitude_a
    assert more == pytest.approx(10 ** (-gained_db / 10), rel=1e-9)
    with pytest.raises(InputError, match="rail_loss_db"):
        budget.at_loss(gained_db - 0.1)


def test_what_is_no_loss_and_leaves_no_light_is_refused() -> None:
    budget = LinkBudget(Design(), 33, 16)
    for loss in (-5.0, float("nan"), float("inf"), "a", None):
        with pytest.raises(InputError, match=r"rail_loss_db = .*: must be a number of 0 or more"):
            budget.at_loss(loss)  # type: ignore[arg-type]
    assert budget.at_loss(np.float32(5.0)) == budget.at_loss(5.0) == budget.at_loss(5)
    with pytest.raises(InputError, match=r"rail_loss_db = .*: leaves no light"):
        LinkBudget(Design(), 31, 1000).worst()


def test_link_of_the_notes_at_twenty_db() -> None:
    # rho = 64.27 for 1e-9 at m = 33 needs 93.87 uW in each rail, 15 pA/rtHz, 10 GHz, 1.1 A/W.
    laser = Design().laser
    ideal = {"dark_current_a": 0.0, "bandwidth_hz": 1e18}
    diode = Design().receiver.photodiode.model_copy(update=ideal)
    receiver = Design().receiver.model_copy(update={"photodiode": diode})
    design = Design(laser=laser, receiver=receiver)
    needed_w = LinkBudget(design, 33, 16).closing_power_w(1e-9, 20.0)
    seen_w = needed_w * 10 ** (-(LAUNCH_DB + HYBRID_DB) / 10)
    assert seen_w / 2 / 100 == pytest.approx(93.87e-6, rel=1e-4)


# Photons alone, an amplifier that drowns them, and both.
@pytest.mark.parametrize("amplifier_a", [0.0, 15e-12, 1e-3])
def test_every_loss_of_feed_and_hybrid_costs_as_much_laser_power(
    amplifier_a: float,
) -> None:
    """Dark currents and amplifiers stay, so the light at the diodes must be the same."""
    quiet = {"receiver.tia.noise_a_per_rthz": amplifier_a}
    lossless = dict.fromkeys(LOSSES, 0.0)
    least_w = LinkBudget(Design().changed(quiet | lossless), 33, 16).closing_power_w(1e-9, 20.0)
    for name, (loss_db, count) in LOSSES.items():
        design = Design().changed(quiet | lossless | {name: loss_db})
        needed_w = LinkBudget(design, 33, 16).closing_power_w(1e-9, 20.0)
        assert 10.0 * math.log10(needed_w / least_w) == pytest.approx(count * loss_db, rel=1e-9)


def test_full_scales_and_amplitudes_fall_with_the_light_that_is_lost() -> None:
    lossy = Design()
    ideal = lossy.changed(dict.fromkeys(LOSSES, 0.0))
    fell = 10.0 ** (-(LAUNCH_DB - 0.2 + HYBRID_DB) / 10.0)
    bits = LinkBudget(lossy, 33, 16).gain.code.digits(torch.full((1, 16), 5))
    for read in (
        lambda gain: gain.largest_amplitude_a,
        lambda gain: float(gain.full_scale_a(bits)),
        lambda gain: float(gain.common_mode_a(3.0)),
    ):
        kept, left = (read(LinkBudget(d, 33, 16).gain) for d in (ideal, lossy))
        assert left / kept == pytest.approx(fell, rel=1e-12)


def test_light_in_a_rail_is_behind_feed_and_splitter_and_in_front_of_the_hybrid() -> None:
    launched_w = LinkBudget(Design(), 33, 16).power().launched_w
    assert launched_w == pytest.approx(0.75e-3 / 2 * 10 ** (-LAUNCH_DB / 10), rel=1e-12)


def test_power_is_that_of_the_first_ring() -> None:
    budget = LinkBudget(load_machine("isca2024-closed").design, 33, 16)
    assert not budget.power().is_linear
    assert budget.power().launched_w == max(budget.design.rail_powers_w(33))
    limit = budget.power().limit_w
    power_w = {33: 2 * limit * 10 ** (LAUNCH_DB / 10)}
    at_limit = budget.design.model_copy(update={"modulus_power_w": {33: 0.999 * power_w[33]}})
    beyond = budget.design.model_copy(update={"modulus_power_w": {33: 1.001 * power_w[33]}})
    assert LinkBudget(at_limit, 33, 16).power().is_linear
    assert not LinkBudget(beyond, 33, 16).power().is_linear
    assert budget.power().mechanism == "a coupled ring absorbs more"
    # The coefficients are parameters of the machine: with none, only heat is left, which makes
    # the ring bistable.
    bare = {"two_photon_m_per_w": 0.0, "carrier_lifetime_s": 0.0, "kerr_m2_per_w": 0.0}
    coefficients = budget.design.power_limits.model_copy(update=bare)
    warm = LinkBudget(budget.design.model_copy(update={"power_limits": coefficients}), 33, 16)
    assert warm.power().mechanism == "a coupled ring is bistable"
    assert math.isinf(warm.power().guide_limit_w)


def test_volts_and_watts_of_a_unit_by_hand() -> None:
    design = Design().changed({"laser.wall_plug_efficiency": 0.1, "receiver.full_scale_ratio": 1.5})
    budget = LinkBudget(design, 31, 4)
    power, volts = budget.power(), budget.voltages()
    assert power.electrical_w == pytest.approx(7.5e-3, rel=1e-12)
    # 1 nm of a free spectral range of λ²/(4.2 · 2π · 10 µm), at 0.059 V cm around the ring.
    turn_m = 2.0 * math.pi * 10e-6
    range_m = 1550e-9**2 / (4.2 * turn_m)
    assert volts.switch_v == pytest.approx(1e-9 / range_m * 2.0 * 5.9e-4 / turn_m, rel=1e-9)
    brightest_a = float(budget.gain.amplitude_a(4 * budget.gain.residue_loss_db().min()))
    assert volts.full_scale_v == pytest.approx(5e3 * 1.5 * brightest_a, rel=1e-9)
    by_current = design.changed(
        {"multiplier.switch": {"kind": "mzi", "arm": {"kind": "injection"}}, "clock_hz": 1e8}
    )
    assert LinkBudget(by_current, 31, 1).voltages().switch_v is None
    # An arm of 2.5 V cm and a centimetre turns by π from -5 V to 5 V when a quarter as long.
    by_volts = design.changed({"multiplier.switch.kind": "mzi"})
    assert LinkBudget(by_volts, 31, 1).voltages().switch_v == pytest.approx(10.0, rel=1e-12)


def test_a_guide_uses_up_its_budget_of_phase_long_before_that_of_loss() -> None:
    power = LinkBudget(Design(), 31, 16).power()
    assert 0.0 < power.phase_limit_w < power.guide_limit_w
    tight = Design().changed({"power_limits.phase_budget_rad": 8e-3})
    assert LinkBudget(tight, 31, 16).power().phase_limit_w < 0.7 * power.phase_limit_w
