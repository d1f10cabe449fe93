"""Trims act where they sit, and undo what they are set against."""

from __future__ import annotations

import math

import pytest
import torch

from circuits import ModularDotProduct, RowPosition, fabricate
from circuits.chip.trims import Trims
from circuits.design.circuit import ideal_design
from tests.circuits.designs import SHAPE, beat_rad, ideal_but


def test_trims_act_where_they_sit() -> None:
    chip = fabricate(ideal_but(), (31,), SHAPE, 0)
    trims = Trims.none((2, 3), 4, 5, 1)
    digit = torch.zeros(2, 3, 4, 5, dtype=torch.float64)
    digit[1, 2, 3, 0] = 0.3
    row = torch.zeros(2, 3, dtype=torch.float64)
    row[1, 2] = 0.2
    trimmed = chip.with_trims({31: trims.changed(digit_rad=digit, row_rad=row)})
    mdpu = ModularDotProduct(31, 4, chip=trimmed, position=RowPosition(1, 2))
    w = torch.zeros(4, dtype=torch.int64)
    base = float(beat_rad(mdpu.fields(torch.tensor([1, 2, 3, 2]), w)))
    lit = float(beat_rad(mdpu.fields(torch.tensor([1, 2, 3, 3]), w)))
    # A trimmer warms its neighbours, one of which is lit; its own digit turns by its own phase.
    warmed_rad = 0.3 * chip.design.calibration.trimmer.neighbour_coupling
    assert base == pytest.approx(0.2 + warmed_rad, abs=1e-6)
    assert lit - base == pytest.approx(0.3, abs=1e-6)


def test_the_drive_trim_scales_the_drive() -> None:
    chip = fabricate(ideal_but(), (31,), SHAPE, 0)
    trims = Trims.none((2, 3), 4, 5, 1)
    gain = torch.full((2, 3, 4, 1), 1e-3, dtype=torch.float64)
    trimmed = chip.with_trims({31: trims.changed(drive_gain=gain)})
    x, w = torch.tensor([3, 0, 0, 0]), torch.tensor([5, 0, 0, 0])
    plain, scaled = (
        float(beat_rad(ModularDotProduct(31, 4, chip=c).fields(x, w))) for c in (chip, trimmed)
    )
    assert scaled - plain == pytest.approx(2 * math.pi / 31 * 15 * 1e-3, abs=1e-7)


def test_trims_of_the_receiver_undo_its_flaws() -> None:
    ideal = ideal_design()
    chip = fabricate(ideal, (31,), SHAPE, 0)
    trims = Trims.none((2, 3), 4, 5, 1).changed(
        gain=torch.full((2, 3, 2), 2.0, dtype=torch.float64),
        offset=torch.tensor([[0.25], [-0.125]], dtype=torch.float64).expand(2, 3, 2, 1),
        quadrature_rad=torch.full((2, 3), 0.1, dtype=torch.float64),
    )
    x, w = torch.tensor([4, 0, 0, 0]), torch.tensor([3, 0, 0, 0])
    ratio = ModularDotProduct(31, 4, chip=chip.with_trims({31: trims})).ratios(x, w)
    angle, radius = 2 * math.pi / 31 * 12, 1 / ideal.receiver.full_scale_ratio
    # With equal rails the common mode is the amplitude.  A phase on the reference in front of
    # coupler Q turns Q back by it.
    expected = [
        2 * radius * math.cos(angle) - 0.25 * radius,
        2 * radius * math.sin(angle - 0.1) + 0.125 * radius,
    ]
    torch.testing.assert_close(
        ratio, torch.tensor(expected, dtype=torch.float64), rtol=0, atol=1e-5
    )
