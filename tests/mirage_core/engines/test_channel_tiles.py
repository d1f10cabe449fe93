"""Tiles of a channel: bounds, and rows that err each by their own probability."""

from __future__ import annotations

import math

import pytest
import torch

from mirage_core.engines import Operands
from mirage_core.engines.channel_tiles import Tiles
from mirage_core.engines.placement import Placement
from tests.mirage_core.engines.channel_bench import channel, raw, slips
from tests.mirage_core.engines.channel_probabilities import (
    MODULUS,
    channel_error_probability,
    law_of,
    of_kind,
    spread_out,
)

pytestmark = pytest.mark.usefixtures("few_patterns")


def test_no_probability_lies_above_the_bound_they_are_thinned_from() -> None:
    machine = spread_out()
    law, o = law_of(machine, raw(machine)), of_kind("dense")
    probabilities = channel_error_probability(law, o)
    rows = law.shape.rows
    unit = Placement(law.shape).unit(1, slice(0, o.rows))[:, ::rows]
    tiles, step = Tiles(law, o.stationary, unit), law.loss_step(o.streamed)
    most = tiles.most(step)[:, :, 0]
    block = torch.arange(unit.shape[1])
    for vector in range(o.vectors):
        at = step[0, vector].expand_as(block)
        hazard = tiles.hazard(at, torch.zeros_like(block), block)
        by_row = -torch.expm1(-hazard.diff(dim=1, prepend=torch.zeros(len(block), 1)))
        assert bool((probabilities[vector].view(-1, rows) <= by_row * (1 + 1e-9)).all())
        any_row = -torch.expm1(-hazard[:, -1])
        assert bool((any_row <= most[:, vector]).all())
        assert float((most[:, vector] / any_row).max()) < 1.001


@pytest.mark.slow  # 11 s
def test_tiles_that_mix_sizes_are_drawn_by_the_probability_of_each_row() -> None:
    machine = spread_out()
    chip = raw(machine)
    dense, sparse = of_kind("full"), of_kind("sparse")
    even = torch.arange(dense.rows) % 2 == 0
    mixed = torch.where(even[:, None], dense.stationary, sparse.stationary)
    o = Operands(mixed.contiguous(), dense.streamed, dense.max_dot)
    probabilities = channel_error_probability(law_of(machine, chip), o)
    counts = [0, 0]
    engine = channel(machine, chip)
    for seed in range(6):
        wrong = slips(engine, o, seed)[MODULUS][0] != 0
        for side, rows in enumerate((even, ~even)):
            counts[side] += int(wrong[:, rows].sum())
    for count, rows in zip(counts, (even, ~even), strict=True):
        expected = 6 * float(probabilities[:, rows].sum())
        assert expected >= 400
        assert abs(count - expected) < 4 * math.sqrt(expected)
