"""Errors that spread over devices alike, and what is noticed where they do not."""

from __future__ import annotations

import pytest
import torch

from photonics.random import NoiseKey
from studies.verification.check import Check, holm
from studies.verification.device_spread import dispersion, spreads_alike

DEVICES, VECTORS, ROWS = 48, 256, 16


def wrong(name: str, rate: torch.Tensor) -> torch.Tensor:
    """Errors at rates of the devices, boolean (D, N, M)."""
    uniform = NoiseKey.from_seed(3).fold(name).uniform(0, DEVICES * VECTORS * ROWS)
    return uniform.view(DEVICES, VECTORS, ROWS) < rate[:, None, None]


def rates(spread: float) -> torch.Tensor:
    """Rates of the devices around a hundredth, (D,)."""
    return 0.01 * (spread * NoiseKey.from_seed(4).normal(0, DEVICES)).exp()


def decoded(channel: torch.Tensor, compact: torch.Tensor) -> Check:
    return holm([spreads_alike(31, channel, compact)])[0]


def test_counts_of_chance_have_an_index_of_one() -> None:
    counts = wrong("chance", torch.full((DEVICES,), 0.01)).sum((1, 2)).double()
    # Its rms over devices is √(2/47).
    assert dispersion(counts) == pytest.approx(0.99, abs=5 * (2 / 47) ** 0.5)


def test_devices_that_err_alike_pass_and_others_do_not() -> None:
    rate = rates(0.5)
    compact = wrong("compact", rate)
    assert decoded(wrong("channel", rate), compact).status == "passed"
    # Every device at the mean rate, as a law without memory of the device would have it.
    assert decoded(wrong("channel", rate.mean().expand(DEVICES)), compact).status == "failed"
    # As wide a spread, but over other devices.
    assert decoded(wrong("channel", rate.roll(1)), compact).status == "failed"
    # The right devices, but too wide a spread.
    wide = rate.mean() * (rate / rate.mean()) ** 1.5
    check = decoded(wrong("channel", wide), compact)
    assert check.points[0]["wider_sigma"] > 4.0
    assert check.status == "failed"


def test_devices_without_spread_prove_nothing() -> None:
    rate = torch.full((DEVICES,), 0.01)
    check = decoded(wrong("channel", rate), wrong("compact", rate))
    assert min(check.p_values) > 1e-3
    assert check.status == "inconclusive"
    assert not check.holds
