"""Operands to try a chip with: as data comes, of every sum, and others at every turn."""

from __future__ import annotations

import math

import torch

from mirage_core.engines.channel_patterns import OperandSamples, data, tilted
from photonics.random import NoiseKey
from tests.tolerance import Z

KEY = NoiseKey.from_seed(6)
LIMIT, LENGTH = 15, 16
# As the spread of drives grows with their size.
SQUARE = torch.arange(-LIMIT, LIMIT + 1, dtype=torch.float64).square()


def test_data_fills_the_mantissa_and_is_of_every_density() -> None:
    x = data(KEY, 4096, LENGTH, LIMIT, signed=0.5)
    assert x.dtype == torch.int16
    largest = x.abs().amax(1)
    # Shared exponents put the largest of a group into the upper half of the range.
    assert sorted(set(largest.tolist())) == [0, *range(8, LIMIT + 1)]
    kept = (x != 0).double().mean(1).view(-1, 4).mean(1)
    assert float(kept.max()) > 0.9
    assert float(kept.min()) < 0.2
    # Families of four have either sign or none below zero: half of each.
    signed = (x < 0).view(-1, 4 * LENGTH).any(1).double().mean()
    assert 0.45 < float(signed) < 0.55
    assert not bool((data(KEY, 4096, LENGTH, LIMIT, signed=0.0) < 0).any())


def test_tilted_operands_reach_where_data_hardly_goes() -> None:
    x = tilted(KEY, 33 * 4 * 8, LENGTH, SQUARE)
    mean = SQUARE[x.long() + LIMIT].mean(1).view(-1, 4).mean(1)
    by_slope = mean.view(-1, 33).mean(0)
    # Weights exp(θ t) by definition, t the terms over their spread, θ from -4 to 4.
    unit = (SQUARE - SQUARE.mean()) / SQUARE.std()
    for i, found in enumerate(by_slope.tolist()):
        weight = (unit * (i - 16) / 4).exp()
        expected = float((weight * SQUARE).sum() / weight.sum())
        variance = float((weight * (SQUARE - expected).square()).sum() / weight.sum())
        assert abs(found - expected) < Z * math.sqrt(variance / (8 * 4 * LENGTH))


def test_samples_near_a_sum_are_others_at_every_turn() -> None:
    samples = OperandSamples.draw(KEY, LENGTH, SQUARE, 200.0, signed=1.0)
    assert bool((samples.total.diff() >= 0).all())
    sums = SQUARE[samples.vectors.long() + LIMIT].sum(-1)
    assert torch.equal(sums, samples.total)
    # Families hold three others each.
    assert samples.same_family.shape == (len(sums), 3, LENGTH)
    turns = [samples.near(1000.0, 50.0, 16, turn) for turn in range(4)]
    assert all(float((samples.total[t] - 1000.0).abs().max()) <= 50.0 for t in turns)
    assert len(torch.cat(turns).unique()) == 64
    # No sum lies far beyond the largest, 16 · 15²: the nearest are taken.
    beyond = samples.near(5000.0, 1.0, 16, 0)
    assert sorted(beyond.tolist()) == list(range(len(sums) - 16, len(sums)))
