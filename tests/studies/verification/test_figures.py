"""Pictures of the campaign show what they are given."""

from __future__ import annotations

import numpy as np
import pytest

from photonics.random import NoiseKey
from studies.verification.figures import (
    RatePoint,
    confusion,
    error_rate_curves,
    phase_agreement,
    phase_histograms,
)
from tests.figures import drawn


def test_bars_of_error_rates_are_those_of_clopper_and_pearson() -> None:
    point = RatePoint("field", 20.0, 100, {31: 10, 32: 0}, {31: 0.1, 32: 0.01})
    # Tabulated: 10 of 100 at 95 %.
    assert point.interval(31) == pytest.approx((0.0490, 0.1762), abs=5e-5)
    assert point.interval(32) == pytest.approx((0.0, 1.0 - 0.025 ** (1 / 100)))


def test_pictures_of_the_campaign() -> None:
    point = RatePoint("field", 20.0, 1000, {31: 10, 32: 0}, {31: 0.01, 32: 0.01})
    curves = {m: ([19.0, 21.0], [0.02, 0.005]) for m in (31, 32)}
    drawn(error_rate_curves("shot noise", [point], curves))
    phase = 0.03 * NoiseKey.from_seed(12).normal(0, 160_000).numpy()
    phases = {m: {"field": phase, "compact": phase[::-1]} for m in (31, 32)}
    density = {m: (np.array([-100.0, 0.0, 100.0]), np.array([1e-4, 1e-2, 1e-4])) for m in phases}
    assert drawn(phase_histograms(phases, density, "t")) == ["m = 31", "m = 32"]
    assert drawn(phase_agreement(phases, "field", "t"))[:2] == ["m = 31", "m = 32"]
    assert drawn(confusion({33: {"field": [0, 3, 90, 4, 0]}}, "t")) == ["m = 33"]
