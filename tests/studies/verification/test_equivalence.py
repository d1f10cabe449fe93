"""Statistics of equivalence with known answers, and fidelities that are equivalent."""

from __future__ import annotations

import math

import pytest
import torch

from photonics.random import NoiseKey
from studies.verification import equivalence
from studies.verification.check import holm
from studies.verification.equivalence import (
    Interval,
    confusion_p_value,
    equal_errors,
    mean_difference,
    sigma_difference,
    slip_counts,
)
from tests.studies.verification.findings import IDEAL


def normal(name: str, vectors: int = 20_000, rows: int = 8) -> torch.Tensor:
    return NoiseKey.from_seed(12).fold(name).normal(0, vectors * rows).view(vectors, rows)


def test_differences_of_mean_and_sigma_are_found_with_their_errors() -> None:
    reference, other = 0.02 * normal("a"), 0.02 * normal("b")
    count = reference.numel()
    sigma = sigma_difference(1.03 * other, reference)
    # Of two independent normal samples: relative variances 2/n each, halved.
    assert sigma.standard_error == pytest.approx(math.sqrt(1.0 / count), rel=0.1)
    assert abs(sigma.value - 0.0302) < 5.0 * sigma.standard_error
    mean = mean_difference(other + 1e-3, reference)
    assert mean.standard_error == pytest.approx(0.02 * math.sqrt(2.0 / count), rel=0.1)
    assert abs(mean.value - 1e-3) < 5.0 * mean.standard_error


def test_rows_that_share_a_laser_widen_the_interval() -> None:
    shared = normal("shared", rows=1).expand(-1, 8)
    found = Interval.of(shared)
    assert found.standard_error == pytest.approx(1.0 / math.sqrt(20_000), rel=0.05)


def test_an_interval_must_lie_within_the_margin() -> None:
    assert Interval(0.5, 0.1).compared(0.9) == "alike"
    assert Interval(0.5, 0.1).compared(0.8) == "different"
    assert Interval(-0.5, 0.2).compared(1.0) == "unsure"


def test_slips_are_counted_by_size() -> None:
    slips = torch.tensor([[-16, -2, -1, 0, 0, 0], [1, 1, 2, 15, 0, 0]])
    assert slip_counts(slips) == [2, 1, 5, 2, 2]


def test_confusion_is_rejected_only_where_laws_differ() -> None:
    same = [0, 400, 10_000, 410, 1], [1, 395, 10_010, 402, 0]
    assert confusion_p_value(*same) > 0.3
    mirrored = [0, 300, 10_000, 500, 1], [0, 500, 10_000, 300, 1]
    assert confusion_p_value(*mirrored) < 1e-10
    assert confusion_p_value([0, 0, 100, 0, 0], [0, 0, 100, 0, 0]) == 1.0
    # As in a table of two by two without the correction for continuity.
    n, a, b = 10_000, 40, 80
    z = (b - a) / math.sqrt((a + b) * (1.0 - (a + b) / (2 * n)))
    p_value = confusion_p_value([0, 0, n - a, a, 0], [0, 0, n - b, b, 0])
    assert p_value == pytest.approx(math.erfc(abs(z) / math.sqrt(2.0)), rel=1e-9)


def test_errors_of_rows_that_share_their_noise_are_no_independent_ones() -> None:
    uniform = NoiseKey.from_seed(8).uniform(0, 4 * 2048).view(4, 2048, 1)
    own = [NoiseKey.from_seed(9).fold(i).uniform(0, 2048 * 16).view(2048, 16) for i in range(3)]
    p_value, effect = equal_errors(own[0] < 0.05, own[1] < 0.05)
    assert p_value > 0.01
    assert effect == pytest.approx(1.0, abs=0.2)
    # All rows of a symbol err together: as many readouts, a sixteenth of the evidence.
    shared = [(u < 0.05).expand(-1, 16) for u in uniform[:2]]
    p_value, effect = equal_errors(*shared)
    assert p_value > 0.01
    assert effect == pytest.approx(16.0, rel=0.2)
    assert equal_errors(own[0] < 0.05, own[1] < 0.06)[0] < 1e-6
    assert equal_errors(own[0] < 0.0, own[1] < 0.0) == (1.0, 1.0)
    # What is too large by the design effect is brought back to its size.
    counts = [0, 400, 10_000, 400, 0], [0, 480, 9_840, 480, 0]
    assert confusion_p_value(*counts, 4.0) > confusion_p_value(*counts)


def test_equivalence_holds_and_one_word_adds_a_fidelity() -> None:
    finding = equivalence.equivalence(IDEAL, "robust", 1024, ("compact", "integer"))
    by_name = {c.name: c for c in holm(finding.checks)}
    # Too few readouts to show a difference below 1 %, and none that contradicts equality.
    compact = by_name["compact = field, robust, m = 33"]
    assert compact.points[0]["sigma_difference"] == pytest.approx(0.0, abs=0.1)
    assert min(compact.p_values) > 1e-3
    assert len(finding.figures) == 3
    for draw in finding.figures.values():
        draw().canvas.draw()
    # Exact integers make no errors, where the reference makes hundreds.
    assert by_name["integer = field, robust, m = 33"].status == "failed"


def test_a_machine_that_cannot_have_the_moduli_is_skipped() -> None:
    wide = IDEAL.changed({"moduli": (61, 63, 64, 65)})
    (check,) = equivalence.equivalence(wide, "isca2024", 64).checks
    assert check.status == "skipped"
    assert "isca2024 cannot have these moduli: multiplier.dac.full_scale_v = 1.08" in check.skipped
