"""Residue errors drawn by a law."""

from __future__ import annotations

import pytest
import torch

from mirage_core.arithmetic.residue_errors import ResidueErrors
from photonics.random import NoiseKey
from tests.tolerance import binomial_p_value, holm_rejections


@pytest.mark.parametrize("kind", ["slip", "uniform"])
def test_errors_come_as_often_as_their_law_says(kind: str) -> None:
    law = ResidueErrors(probability=0.1, kind=kind)  # type: ignore[arg-type]
    count, modulus = 200_000, 13
    errors = law.error(NoiseKey.from_seed(5).uniform(0, count), modulus)
    found = torch.bincount(errors, minlength=modulus)
    chances = law.probabilities(torch.arange(modulus), modulus)
    assert float(chances.sum()) == pytest.approx(1.0, rel=1e-12, abs=0.0)
    assert [int(n) > 0 for n in found] == [bool(p > 0) for p in chances]
    likely = [(int(n), float(p)) for n, p in zip(found, chances, strict=True) if p > 0]
    assert holm_rejections([binomial_p_value(n, count, p) for n, p in likely]) == []
    assert int(ResidueErrors(probability=0.0).error(torch.tensor([1e-9, 0.5]), 7).sum()) == 0
