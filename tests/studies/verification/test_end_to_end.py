"""Trainings through two fidelities that fare alike, and what is noticed where they do not."""

from __future__ import annotations

import pytest
import torch

from photonics.random import NoiseKey
from studies.verification.end_to_end import (
    LEAST_RATE,
    MOST_RATE,
    Pairs,
    error_check,
    loss_check,
)

RUNS = 12


def around(name: str, mean: float, rms: float) -> torch.Tensor:
    normal = NoiseKey.from_seed(5).fold(name).normal(0, RUNS)
    return mean + rms * (normal - normal.mean()) / normal.std()


def test_the_interval_is_that_of_students_law() -> None:
    mean, unsure = Pairs(around("a", 0.3, 0.1), torch.zeros(RUNS)).interval
    assert mean == pytest.approx(0.3)
    # Tables: t of 0.9995 with 11 degrees of freedom is 4.437.
    assert unsure == pytest.approx(4.437 * 0.1 / RUNS**0.5, rel=1e-4)


def test_losses_must_rise_and_rise_alike() -> None:
    exact, compact = around("exact", 1.0, 0.02), around("compact", 1.2, 0.01)
    rate = 5e-3

    def status(channel: torch.Tensor, read: torch.Tensor = compact, seen: float = rate) -> str:
        return loss_check(Pairs(channel, read), exact, seen).status

    alike = around("channel", 1.2, 0.005)
    assert status(alike) == "passed"
    # A fifth more of what errors add, where fifteen hundredths are allowed.
    assert status(alike + 0.04) == "failed"
    assert status(alike - 0.04) == "failed"
    # Too unlike from run to run to be told.
    assert status(around("channel", 1.2, 0.05)) == "inconclusive"
    # Errors that cost nothing prove nothing, nor do such as are out of the range.
    free = exact + around("chance", 0.0, 0.01)
    assert status(free + around("channel", 0.0, 0.01), free) == "inconclusive"
    assert status(alike, seen=0.9 * LEAST_RATE) == "inconclusive"
    assert status(alike, seen=1.1 * MOST_RATE) == "inconclusive"


def test_errors_of_products_are_compared_by_their_ratio() -> None:
    compact = around("compact", 0.1, 0.01)
    rates = {"compact": 1e-3, "channel": 1e-3}
    ratio = around("ratio", 1.0, 0.05)

    def status(channel: torch.Tensor) -> str:
        return error_check("dx", Pairs(channel, compact), rates).status

    assert status(ratio * compact) == "passed"
    assert status(1.2 * ratio * compact) == "failed"
    assert status(ratio * compact / 1.2) == "failed"
    assert status(torch.zeros(RUNS)) == "inconclusive"
    # Runs so unlike that nothing can be told, and such as leave no doubt for all that.
    unlike = around("unlike", 0.0, 0.5).exp()
    assert status(unlike * compact) == "inconclusive"
    assert status(4.0 * unlike * compact) == "failed"
