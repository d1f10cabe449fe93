"""Recursive least squares against the batch in closed form."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from torch import Tensor

from circuits import ArrayShape, Design, fabricate
from circuits.control.estimate import Estimate, Unknowns
from circuits.control.interface import ControllerInterface, ProbeSequence
from circuits.design.multiplier import Drive
from circuits.optics.digit import DigitStatics
from devices.shifters.shifter import Shifter
from photonics.random import NoiseKey
from tests.circuits.designs import SHIFTERS, with_multiplier

KEY = NoiseKey.from_seed(29)
LENGTH, PROBES, LINES = 2, 60, 3


def prepared(design: Design | None = None) -> tuple[ControllerInterface, Unknowns, ProbeSequence]:
    chip = fabricate(design or Design(), (31,), ArrayShape(1, LINES, LENGTH), seed=0)
    interface = ControllerInterface(chip, 31, KEY)
    numbers = (31 * KEY.fold("x").uniform(0, PROBES * LENGTH)).long().view(PROBES, LENGTH)
    level = (31 * KEY.fold("w").uniform(0, 4 * LENGTH)).long().view(4, LENGTH) - 15
    load = torch.arange(PROBES) * 4 // PROBES
    dither_rad = 6.0 * KEY.fold("dither").uniform(0, PROBES)
    boost = torch.ones(PROBES, dtype=torch.float64)
    bits = interface.gain.code.digits(numbers)
    probes = ProbeSequence(bits, level, load, dither_rad, boost)
    return interface, Unknowns(interface.optics, LENGTH), probes


def start(unknowns: Unknowns) -> Estimate:
    rms = 1e-3 * (1.0 + KEY.fold("prior").uniform(0, unknowns.count))
    mean = torch.zeros(unknowns.count, LINES, dtype=torch.float64)
    return Estimate(unknowns, mean, rms.square().diag())


def part(probes: ProbeSequence, some: slice) -> ProbeSequence:
    return ProbeSequence(
        probes.bits[some],
        probes.level,
        probes.load[some],
        probes.dither_rad[some],
        probes.gain_boost[some],
    )


def test_learning_in_parts_is_the_weighted_least_squares_of_all() -> None:
    """(Λ₀ + Hᵀ W H)⁻¹ Hᵀ W y, with y the phases that small errors give."""
    interface, unknowns, probes = prepared()
    known = interface.known(probes)
    regressors = unknowns.regressors(probes, known)
    wrong = 1e-3 * KEY.fold("wrong").normal(0, unknowns.count * LINES).view(-1, LINES)
    turned_rad = probes.ideal_rad(31, interface.optics.code.weights)[:, None] + regressors @ wrong
    # Readings on the circle of the known amplitude, at that phase.
    reach = known.amplitude[:, None]
    readings = torch.stack((reach * turned_rad.cos(), reach * turned_rad.sin()), dim=-1)
    estimate = start(unknowns)
    prior = estimate.covariance.inverse()
    for some in (slice(0, 25), slice(25, PROBES)):
        few = part(probes, some)
        estimate.learn(readings[some], few, interface.known(few))
    weight = 1.0 / known.variance_rad2[:, None]
    information = prior + regressors.T @ (weight * regressors)
    covariance = information.inverse()
    scale = float(covariance.abs().max())
    torch.testing.assert_close(estimate.covariance, covariance, rtol=1e-6, atol=1e-9 * scale)
    expected = covariance @ (regressors.T @ (weight * (regressors @ wrong)))
    torch.testing.assert_close(estimate.mean, expected, rtol=1e-6, atol=1e-9)
    # What is known better than before has come nearer to the truth.
    assert float((estimate.mean - wrong).square().mean()) < float(wrong.square().mean())


def test_moved_trims_move_estimates_and_lose_certainty() -> None:
    _, unknowns, _ = prepared()
    estimate = start(unknowns)
    before = estimate.covariance.clone()
    change = KEY.fold("change").normal(0, unknowns.count * LINES).view(-1, LINES)
    allowance = 1e-8 * torch.eye(unknowns.count, dtype=torch.float64)
    estimate.moved(change, allowance)
    assert torch.equal(estimate.mean, change)
    assert torch.equal(estimate.covariance, before + allowance)


def test_every_unknown_has_one_place() -> None:
    _, unknowns, probes = prepared()
    places = [unknowns.digits, slice(unknowns.row, unknowns.row + 1), unknowns.drives]
    places += [unknowns.shifters, unknowns.leaks, unknowns.receiver]
    taken = [i for place in places for i in range(*place.indices(unknowns.count))]
    assert sorted(taken) == list(range(unknowns.count))
    assert unknowns.digits == slice(0, LENGTH * 5)
    assert probes.bits.shape == (PROBES, LENGTH, 5)


@pytest.mark.parametrize("shifter", SHIFTERS, ids=lambda s: s.kind)
@pytest.mark.parametrize("drive", ["shared", "per-digit"])
def test_the_effect_of_gains_is_that_on_the_fields_of_the_digits(
    shifter: Shifter, drive: Drive
) -> None:
    """A millionth of error of one drive, or of the efficiency of one digit's shifters."""
    error = 1e-6
    design = with_multiplier(shifter=shifter, drive=drive, shifter_gain_rms=1e-3)
    interface, unknowns, probes = prepared(design)
    optics, bits = interface.optics, probes.bits.double()
    regressors = unknowns.regressors(probes, interface.known(probes))
    level = probes.level[probes.load]
    none = DigitStatics.none(optics)
    plain = optics.shifter_field(level, none)

    def turned_rad(**errors: Tensor) -> Tensor:
        """What errors turn the phase between the rails by, with the bits as they are, (N,)."""
        each_rad = (optics.shifter_field(level, replace(none, **errors)) / plain).angle()
        return ((each_rad[..., 0] - each_rad[..., 1]) * bits).sum((1, 2)) / error

    count = 1 if drive == "shared" else optics.code.count
    for i, column in enumerate(regressors[:, unknowns.drives].T):
        gain = torch.zeros(LENGTH * count, dtype=torch.float64)
        gain[i] = error
        expected = turned_rad(drive_gain=gain.view(LENGTH, count))
        # At the largest drive the slopes to either side differ, and the mean is taken.
        torch.testing.assert_close(column, expected, rtol=2e-2, atol=1e-3)
    for i, column in enumerate(regressors[:, unknowns.shifters].T):
        gain = torch.zeros(LENGTH * optics.code.count, 2, dtype=torch.float64)
        gain[i] = error
        expected = turned_rad(shifter_gain=gain.view(LENGTH, -1, 2))
        torch.testing.assert_close(column, expected, rtol=1e-3, atol=1e-3)
