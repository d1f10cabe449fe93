"""Processes that wander: their covariance in closed form, whatever is asked first."""

from __future__ import annotations

import math

import pytest
import torch

from photonics import wander
from photonics.random import NoiseKey
from photonics.wander import step_variance, wandering
from tests.tolerance import Z, assert_mean, assert_variance

KEY = NoiseKey.from_seed(5).fold("wander")
COUNT = 40_000


@pytest.mark.parametrize(
    ("correlation", "first", "second"),
    [
        (3.0, 0, 1),
        (3.0, 5, 11),
        # 64 τ is 192, and intervals are of 256: from one into the next, and across one.
        (3.0, 255, 257),
        (3.0, 250, 260),
        (3.0, 511, 512),
        (3.0, -2, 1),
        (1000.0, 1_000_000, 1_000_700),
        (1000.0, 0, 1),
        # Forgotten within a step.
        (0.01, 7, 8),
    ],
)
def test_values_correlate_by_the_time_between_them(
    correlation: float, first: int, second: int
) -> None:
    one, other = (wandering(KEY, t, correlation, COUNT) for t in (first, second))
    for value in (one, other):
        assert_mean(value, 0.0, 1.0)
        assert_variance(value, 1.0)
    rho = math.exp(-(second - first) / correlation)
    # The product of two normals of variance 1 that correlate by ρ has the variance 1 + ρ².
    assert_mean(one * other, rho, math.sqrt(1.0 + rho**2))
    assert_variance(other - one, step_variance(second - first, correlation))


@pytest.mark.slow  # 5 s
def test_many_keys_are_as_good_as_many_processes() -> None:
    pairs = torch.stack(
        [torch.cat([wandering(KEY.fold(i), t, 20.0, 1) for t in (40, 50, 65)]) for i in range(1500)]
    )
    for a, b, apart in ((0, 1, 10), (1, 2, 15), (0, 2, 25)):
        rho = math.exp(-apart / 20.0)
        assert_mean(pairs[:, a] * pairs[:, b], rho, math.sqrt(1.0 + rho**2))


def test_what_lies_before_tells_nothing_that_the_last_value_does_not() -> None:
    early, middle, late = (wandering(KEY, t, 8.0, COUNT) for t in (61, 64, 70))
    unforetold = late - math.exp(-6 / 8.0) * middle
    assert abs(float((unforetold * early).mean())) < Z / math.sqrt(COUNT)
    assert_variance(unforetold, -math.expm1(-2 * 6 / 8.0))


def test_a_value_is_that_of_its_key_and_time_in_any_order() -> None:
    times = [0, 17, 3, 1_000_000, 4, 16, 255, 256]
    forth = {t: wandering(KEY, t, 50.0, 3) for t in times}
    back = {t: wandering(KEY, t, 50.0, 3) for t in reversed(times)}
    assert all(torch.equal(forth[t], back[t]) for t in times)
    assert not torch.equal(forth[3], wandering(KEY.fold(1), 3, 50.0, 3))


def test_a_late_value_takes_few_draws(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = []
    real = NoiseKey.normal

    def counted(key: NoiseKey, start: int, count: int) -> torch.Tensor:
        drawn.append(start)
        return real(key, start, count)

    monkeypatch.setattr(wander.NoiseKey, "normal", counted)
    wandering(KEY, 999_999, 1000.0, 1)
    assert len(drawn) <= 2 + math.ceil(math.log2(64 * 1000))
    assert len(set(drawn)) == len(drawn)


def test_steps_have_their_variance() -> None:
    assert step_variance(1e-9, 1.0) == pytest.approx(2e-9, rel=1e-8)
    assert step_variance(math.log(2.0), 1.0) == pytest.approx(1.0)
    assert step_variance(1e3, 1.0) == 2.0
