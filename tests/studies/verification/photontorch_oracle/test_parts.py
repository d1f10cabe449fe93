"""Parts of rows: every deviation is felt, and no light is lost."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from circuits.optics.digit import DigitStatics
from studies.verification.photontorch_oracle import check
from studies.verification.photontorch_oracle.parts import Deviations, set_row
from studies.verification.photontorch_oracle.row import (
    digit_transfers,
    whole_row_powers,
)
from tests.studies.verification.photontorch_oracle.rough import (
    AGREES,
    KEY,
    hybrid_parts,
    needs_photontorch,
    rough_chip,
)


@needs_photontorch
@pytest.mark.parametrize(
    ("part", "size"),
    # On a path that a detuned ring leaves almost dark a step counts for little.
    [
        ("shifter_phase_rad", 1e-2),
        ("bypass_phase_rad", 1e-2),
        ("drive_gain", 1e-2),
        ("shifter_gain", 1e-2),
        ("switch_offset", 1e-11),
    ],
)
def test_the_reference_feels_every_deviation_of_a_digit(part, size) -> None:
    chip = rough_chip(7, 1)
    statics, x, w = chip.fabricated[7].statics.at(0), torch.tensor([[5]]), torch.tensor([[3]])

    def powers(changed: DigitStatics) -> torch.Tensor:
        deviations = Deviations(changed, hybrid_parts(chip))
        return whole_row_powers(set_row(chip.design, 7, x, w, deviations))

    before = powers(statics)
    value = getattr(statics, part)
    for place in range(value[0].numel()):
        step = torch.zeros_like(value).flatten()
        step[place] = size
        after = powers(replace(statics, **{part: value + step.view_as(value)}))
        assert float((after - before).abs().max() / before.sum()) > 1e3 * AGREES


@needs_photontorch
def test_splitters_and_hybrid_lose_what_they_are_to_and_no_more() -> None:
    chip = rough_chip(7, 1, rails="single")
    parts = check.random_unit(chip, 7, KEY).parts
    passed = digit_transfers(parts.digits).abs().square().prod(1).prod(1)
    second = parts.feed.cross_share
    arrived_w = parts.feed.launched_w * ((1.0 - second) * passed[:, 0] + second)
    lost_db = (
        parts.feed.split_loss_db + parts.hybrid.splitter_loss_db + parts.hybrid.coupler_loss_db
    )
    left_w = float(arrived_w * 10.0 ** (-lost_db / 10.0))
    assert float(lost_db) > 0.5
    assert float(whole_row_powers(parts).sum()) == pytest.approx(left_w, rel=1e-12)
