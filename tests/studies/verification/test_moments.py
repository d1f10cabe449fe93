"""Mean and variance of I and Q: against closed forms, and against phasors drawn at random."""

from __future__ import annotations

import math

import pytest
import torch

from photonics.random import NoiseKey
from studies.verification.machines import amplitude_a, light_band_hz, wide_ideal
from studies.verification.moments import Source, expected, line_changes, line_variance_rad2
from tests.studies.verification.findings import IDEAL


def test_a_line_turns_the_phase_as_its_closed_forms_say() -> None:
    linewidth_hz, delay_s = 1e6, 50e-12
    # A band far beyond 1/τ sees all of 2πΔντ but for 2Δν/(πB); one far below it sees 4πΔντ²B.
    wide_hz = 40.0 / delay_s
    found = line_variance_rad2(linewidth_hz, delay_s, wide_hz)
    left = 2.0 * linewidth_hz / (math.pi * wide_hz)
    assert found == pytest.approx(2.0 * math.pi * linewidth_hz * delay_s - left, rel=1e-4)
    narrow_hz = 1e-3 / delay_s
    found = line_variance_rad2(linewidth_hz, delay_s, narrow_hz)
    assert found == pytest.approx(4.0 * math.pi * linewidth_hz * delay_s**2 * narrow_hz, rel=1e-5)


def test_a_line_is_made_as_wide_as_is_asked() -> None:
    machine = wide_ideal(IDEAL, line_changes(0.05))
    laser, delay_s = machine.design.laser, machine.design.receiver.rail_mismatch_s
    found = line_variance_rad2(laser.linewidth_hz, delay_s, light_band_hz(machine))
    assert found == pytest.approx(0.05**2)


@pytest.mark.parametrize("angle_rad", [0.0, 0.7, math.pi / 2, 3.5])
def test_moments_are_those_of_phasors_drawn_at_random(angle_rad: float) -> None:
    # Strong noise of the laser, unlike diodes, and no other noise to speak of.
    source = Source("both", mismatch=0.1, white=False)
    changes = {**line_changes(0.2), "laser.power_w": 100.0, "laser.rin_db_per_hz": -125.0}
    machine = wide_ideal(IDEAL, changes)
    count, key = 400_000, NoiseKey.from_seed(21)
    turn = 0.2 * key.fold("phase").normal(0, count)
    rms = math.sqrt(10**-12.5 * light_band_hz(machine))
    light = 1.0 + rms * key.fold("light").normal(0, count)
    amplitude = amplitude_a(machine)
    sample = torch.stack([(angle_rad + turn).cos(), (angle_rad + turn).sin()]) + 0.1
    sample = amplitude * sample * light
    found = expected(machine, source, angle_rad)
    for i in range(2):
        variance = float(sample[i].var())
        assert float(sample[i].mean()) == pytest.approx(
            found.mean[i], abs=5.0 * math.sqrt(variance / count)
        )
        # What is left out is of fourth order: noise of the light times noise of the phase.
        assert variance == pytest.approx(found.variance[i], rel=0.02)
        assert found.common[i] == pytest.approx(found.variance[i], rel=1e-3)
