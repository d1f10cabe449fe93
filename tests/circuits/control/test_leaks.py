"""Light on the wrong path, and shifters that share a drive: what of it can be trimmed, and is."""

from __future__ import annotations

import cmath
import math

import numpy as np
import pytest
import torch

from circuits import ArrayShape, Chip, calibrate_with_report, fabricate
from circuits.coding.phase_code import drive_level
from circuits.control.interface import ControllerInterface
from circuits.control.leaks import leak_variance_rad2
from circuits.control.report import ArraysReport, Residual
from circuits.design.circuit import MultiplierDesign
from circuits.optics.digit import DigitOptics, DigitStatics, digit_responses, section_m
from devices.heat.trimmer import wrapped_rad
from devices.passive.waveguide import Bend
from devices.switches.ring import RingSwitch
from devices.switches.switch import Switch
from mirage_core import load_machine
from photonics.optics import phasor
from photonics.random import NoiseKey
from tests.circuits.control.calibration_designs import calibrated, mean_square_tolerance
from tests.circuits.designs import SWITCHES
from tests.constants import WAVELENGTH_M
from tests.machines import LINEAR

SETTLED = ("drift.common_rms_k=0", "drift.rail_rms_k=0")


def responses_rad(chip: Chip, modulus: int) -> torch.Tensor:
    """Phase that a bit adds to every digit beyond its design, for drives 0, 1 ... (V, U, R, J, D).

    The upper half of them is negative.
    """
    arrays = chip.arrays(modulus)
    statics = DigitStatics(*(x.unsqueeze(0) for x in vars(arrays.statics).values()))
    places = arrays.statics.drive_gain.shape[:3]
    levels = drive_level(torch.arange(modulus), modulus).view(-1, 1, 1, 1).expand(-1, *places)
    return digit_responses(arrays.optics, levels, statics)[1][..., 2]


@pytest.mark.parametrize("rails", ["dual", "single"])
@pytest.mark.parametrize("preset", ["isca2024", "robust"])
def test_the_mean_of_a_leak_over_all_drives_is_a_static_phase(preset: str, rails: str) -> None:
    exact = [f"multiplier.{x}=0" for x in ("drive_gain_rms", "drive_inl_rms", "shifter_gain_rms")]
    made = load_machine(preset, [*LINEAR, f"multiplier.rails={rails}", *exact, *SETTLED])
    chip = fabricate(made.design, (33,), ArrayShape(1, 2, 4), seed=1)
    interface = ControllerInterface(chip, 33, NoiseKey.from_seed(0))
    found = Residual.of(chip.arrays(33), interface.gain).digit_rad
    each = responses_rad(chip, 33)
    # About the first of them, so that none is cut at half a turn.
    mean = each[0] + wrapped_rad(each - each[0]).mean(0)
    assert float(wrapped_rad(found - mean).abs().max()) < 1e-6
    assert float((each - each[0]).abs().max()) > 1e-4


def at_power(power_w: float) -> ArraysReport:
    """The paper's machine in more light, calibrated."""
    made = load_machine("isca2024", [*LINEAR, f"laser.power_w={power_w}", *SETTLED])
    chip = fabricate(made.design, (31,), ArrayShape(1, 100, 16), seed=1)
    return calibrate_with_report(chip)[1].arrays[31]


def test_leaks_are_told_from_digits() -> None:
    """The paper's rings leak 0.15 rad of a chain, and what is asked is reached all the same."""
    report = at_power(10e-3)
    made = load_machine("isca2024", LINEAR)
    optics = DigitOptics.of(made.design.multiplier, 31, made.design.laser.wavelength_m)
    leak_rad2 = 16.0 * float(leak_variance_rad2(optics).mean(1).sum())
    # As noise, leaks would leave that over the reads, at any power.
    as_noise_rad = 2.0 * math.sqrt(leak_rad2 / 2000.0)
    assert as_noise_rad > 6e-3
    assert report.after.rms()["digit_rad"] < 1.6e-3


def test_a_digit_is_judged_by_the_drive_that_it_gets() -> None:
    """Shifters that share a drive differ, and a trim of it takes out no more than their mean."""
    mismatch = {"shifter_gain_rms": 2e-4}
    chip, report = calibrated(31, ArrayShape(1, 64, 8), snr=60, multiplier=mismatch)
    level = 7
    each, rest = responses_rad(chip, 31)[[level, 0]]
    weights = torch.tensor(chip.arrays(31).optics.code.weights)
    delivered = wrapped_rad(each - rest) / (2.0 * math.pi / 31 * level * weights)
    # Nothing but the leak of ideal rings is left of the difference.
    assert float((delivered - report.after.drive).abs().max()) < 1e-6
    found = float(report.after.drive.square().mean())
    assert found == pytest.approx(
        report.drive_error**2, rel=mean_square_tolerance(report.after.drive.numel())
    )
    # Two rails halve the variance; the drive takes out a mean in which long digits count most.
    length = weights.double()
    weight = length * (length.sum() + length)
    weight = weight / weight.sum()
    left = (1.0 + weight.square().sum() - 2.0 * weight).mean() * 2e-4**2 / 2.0
    assert found == pytest.approx(float(left), rel=mean_square_tolerance(64 * 8 * 4))


def leak(**changes: object) -> torch.Tensor:
    # The shifters of one rail are twice as long: without loss both leak alike.
    lossless = MultiplierDesign().shifter.model_copy(update={"loss_db_per_m": 0.0})
    changes = {"shifter": lossless, **changes}
    multiplier = MultiplierDesign(
        coherence_length_m=0.00184, index_rms=0.0, bypass_phase_rms_rad=0.4, **changes
    )  # type: ignore[arg-type]
    return leak_variance_rad2(DigitOptics.of(multiplier, 33, 1550e-9))


@pytest.mark.parametrize("bypass_rad", [0.0, 0.5, 1.2])
def test_leaks_turn_the_phase_by_the_mean_over_their_static_phases(bypass_rad: float) -> None:
    # One rail turns by ξ sin(θ + h), both by 2 ξ cos θ sin h; h is anything.
    points, weights = np.polynomial.hermite_e.hermegauss(40)
    # By hand: both rails take the phase of a drive half a turn wide at 1.08 V and 0.002 V cm.
    sections_m = 2e-5 / 1.08 * 16 / 33 * 2.0 ** np.arange(6)
    rough_rad2 = 2.0 * sections_m / 0.00184
    ring, expected = RingSwitch(), []
    on, off = ring.coupled(WAVELENGTH_M), ring.detuned(WAVELENGTH_M)
    # A ring that loses light does not part it exactly a quarter apart.
    for way, ratio in ((-1.0, on.through / on.drop), (1.0, off.drop / off.through)):
        turned = []
        for rms_rad in np.sqrt(rough_rad2 + 0.4**2):
            angle = way * bypass_rad + cmath.phase(ratio**2) + rms_rad * points
            turned.append(4.0 * float(weights @ np.cos(angle) ** 2 / weights.sum()) / 2.0)
        expected.append(turned)
    dual, single = (leak(bypass_phase_rad=bypass_rad, rails=x) for x in ("dual", "single"))
    both = torch.tensor(expected, dtype=torch.float64).T
    torch.testing.assert_close(dual / single, both / 0.5, rtol=1e-9, atol=0)


@pytest.mark.parametrize("bypass_rad", [0.0, math.pi / 2])
@pytest.mark.parametrize("switch", SWITCHES, ids=lambda s: s.kind)
def test_leaks_are_those_of_fabricated_switches(switch: Switch, bypass_rad: float) -> None:
    """Digits drawn one by one, the drive at any phase: what both rails turn, of bits 0 and 1."""
    lossless = MultiplierDesign().shifter.model_copy(update={"loss_db_per_m": 0.0})
    multiplier = MultiplierDesign(
        switch=switch,
        shifter=lossless,
        bend=Bend(loss_db=0.0),
        coherence_length_m=0.004,
        index_rms=0.0,
        bypass_phase_rms_rad=0.1,
        bypass_phase_rad=bypass_rad,
    )
    optics = DigitOptics.of(multiplier, 33, WAVELENGTH_M)
    found, count, key = leak_variance_rad2(optics), 40_000, NoiseKey.from_seed(5)
    offset = switch.offsets(key, (1, 1, count, 1), WAVELENGTH_M, 0.0)[0, 0, :, 0]
    offset[..., 0] = 0.0
    digit = 3
    rough_rad = multiplier.static_phase_rms_rad(section_m(multiplier, 33)[digit])
    draws = key.fold("paths").normal(0, 5 * count).view(5, count)
    drive_rad = 2.0 * math.pi * key.fold("drive").uniform(0, count)
    for bit in (0, 1):
        coupled = optics.couples(bit)
        fields = switch.fields(offset, WAVELENGTH_M, coupled=coupled)
        right, wrong = (fields.coupled, fields.straight) if coupled else fields
        leak = (wrong / right).prod(-1)
        turned = []
        for rail, sign in ((0, 1.0), (1, -1.0)):
            path_rad = rough_rad * (draws[2 * rail] - draws[2 * rail + 1]) + 0.1 * draws[4]
            path_rad = path_rad + bypass_rad - sign * drive_rad
            turned.append((leak[:, rail] * phasor(path_rad if bit else -path_rad)).imag)
        simulated = (turned[0] - turned[1]).square()
        error = 5.0 * float(simulated.std()) / math.sqrt(count)
        assert float(found[digit, bit]) == pytest.approx(float(simulated.mean()), abs=error)
