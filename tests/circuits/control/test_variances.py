"""Variances that the controller reckons with, against averages over what it does not know."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from circuits import ArrayShape, Design, fabricate
from circuits.control.interface import ControllerInterface, ProbeSequence
from circuits.control.leaks import leak_variance_rad2
from circuits.design.circuit import MultiplierDesign
from circuits.optics.digit import DigitOptics
from photonics.random import NoiseKey


def leak(**changes: object) -> torch.Tensor:
    # The shifters of one rail are twice as long: without loss both leak alike.
    lossless = MultiplierDesign().shifter.model_copy(update={"loss_db_per_m": 0.0})
    changes = {"shifter": lossless, **changes}
    multiplier = MultiplierDesign(static_phase_rms_rad=0.3, bypass_phase_rms_rad=0.4, **changes)  # type: ignore[arg-type]
    return leak_variance_rad2(DigitOptics.of(multiplier, 33, 1550e-9))


def probes(interface: ControllerInterface) -> ProbeSequence:
    """A few, all with one load."""
    numbers = (31 * NoiseKey.from_seed(1).uniform(0, 24)).long().view(6, 4)
    some = torch.zeros(6, dtype=torch.float64)
    level = torch.tensor([[3, -7, 15, 1]])
    load = torch.zeros(6, dtype=torch.int64)
    return ProbeSequence(interface.gain.code.digits(numbers), level, load, some, some + 1.0)


@pytest.mark.parametrize("bypass_rad", [0.0, 0.5, 1.2])
def test_leaks_turn_the_phase_by_the_mean_over_their_static_phases(bypass_rad: float) -> None:
    # One rail turns by ξ sin(θ + h), both by 2 ξ cos θ sin h; h is anything.
    points, weights = np.polynomial.hermite_e.hermegauss(40)
    angle = bypass_rad + math.hypot(0.3, 0.4) * points
    both = 4.0 * float(weights @ np.cos(angle) ** 2 / weights.sum()) / 2.0
    one = 0.5
    dual, single = (leak(bypass_phase_rad=bypass_rad, rails=x) for x in ("dual", "single"))
    torch.testing.assert_close(dual / single, torch.full_like(dual, both / one), rtol=1e-9, atol=0)


@pytest.mark.parametrize("averages", [1, 16])
def test_phase_noise_of_the_laser_is_averaged_like_any_other(averages: int) -> None:
    plain = Design()
    plan = plain.calibration.model_copy(update={"averages": averages})
    known, rms2 = [], []
    for linewidth_hz in (0.0, 1e6):
        laser = plain.laser.model_copy(update={"linewidth_hz": linewidth_hz})
        receiver = plain.receiver.model_copy(update={"rail_mismatch_s": 1e-11})
        design = plain.model_copy(
            update={"laser": laser, "calibration": plan, "receiver": receiver}
        )
        rms2.append(laser.phase_variance_rad2(1e-11, receiver.noise_bandwidth_hz))
        key = NoiseKey.from_seed(0)
        interface = ControllerInterface(
            fabricate(design, (31,), ArrayShape(1, 2, 4), seed=0), 31, key
        )
        known.append(interface.known(probes(interface)).variance_rad2)
    assert rms2[1] > 0.0
    torch.testing.assert_close(
        known[1] - known[0], torch.full_like(known[0], rms2[1] / averages), rtol=1e-6, atol=1e-15
    )
