"""Wrong integers, by noise and by flaws apart."""

from __future__ import annotations

import pytest
import torch

from circuits.analysis.predicted_errors import PredictedReadings
from mirage_core.machine.loading import load_machine
from studies.metrics import integers
from tests.studies.metrics.machines import at


def with_probabilities(probabilities: list[float], **changes: object) -> object:
    """A point whose readings err so, in all moduli alike."""
    point = at(changes=changes)
    p = torch.tensor(probabilities, dtype=torch.float64).view(1, -1, 1)
    readings = PredictedReadings(torch.zeros_like(p), torch.zeros_like(p), p)
    point.__dict__["predicted"] = dict.fromkeys(point.machine.moduli, readings)
    return point


def test_what_is_wrong_twice_is_told_from_what_is_wrong_once() -> None:
    # One reading of four is always wrong, one at a time in ten: (1 + 0.01)/4 and 0.09/4.
    point = with_probabilities([1.0, 0.1, 0.0, 0.0])
    assert integers.persistent_error_rate(point) == pytest.approx(1.01 / 4)
    assert integers.random_error_rate(point) == pytest.approx(0.09 / 4)


def test_reading_again_helps_against_noise_alone() -> None:
    noise, flaws = [1e-3] * 1000, [1.0] + [0.0] * 999
    three = {"redundancy.policy": "reread", "redundancy.attempts": 3}
    for protection in ({"redundancy.policy": "drop"}, three):
        noisy = with_probabilities(noise, **protection)
        flawed = with_probabilities(flaws, **protection)
        again = "attempts" in str(protection)
        # Three moduli slip, and the check catches a single slip.
        assert integers.wrong_by_flaws(flawed) == pytest.approx(3e-3, rel=0.01)
        if again:
            assert integers.wrong_by_noise(noisy) < 1e-5
        else:
            assert integers.wrong_by_noise(noisy) == pytest.approx(3e-3, rel=0.01)


def test_without_protection_every_wrong_residue_is_a_wrong_integer() -> None:
    bare = load_machine("robust", {"redundancy.policy": "none"})
    assert integers.wrong_integers(bare, 1e-3, 0) == pytest.approx(1 - 0.999**3)
