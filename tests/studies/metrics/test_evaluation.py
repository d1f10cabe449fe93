"""A point: its chip, its data, and what follows from seeds alone."""

from __future__ import annotations

import torch

from circuits.control.bring_up import bring_up
from studies.metrics.errors import symbol_error_rate_counted, symbol_error_rate_predicted
from tests.studies.metrics.machines import at


def test_seeds_choose_the_chip_and_the_noise_and_nothing_else() -> None:
    one, again, other = (at(seed=s) for s in (0, 0, 1))
    rates = [symbol_error_rate_predicted(p) for p in (one, again, other)]
    assert rates[0] == rates[1] != rates[2]
    assert torch.equal(one.streamed, other.streamed)
    assert torch.equal(one.work.drives, other.work.drives)
    noisy = {"laser.power_w": 1e-3}
    counts = [symbol_error_rate_counted(at(changes=noisy, seed=s)) for s in (0, 0, 1)]
    assert counts[0] == counts[1] != counts[2]


def test_the_chip_is_small_and_the_machine_whole() -> None:
    point = at(rows=3)
    assert (point.chip.shape.units, point.chip.shape.rows) == (1, 3)
    assert point.machine.array.rows == 32


def test_a_machine_without_calibration_is_raw() -> None:
    assert at("isca2024-ideal").chip.trims == {}


def test_the_own_controller_calibrates_the_machine_s_own_chip() -> None:
    point = at(
        controller="own",
        rows=1,
        changes={"moduli": [7, 8, 9], "bfp.mantissa_bits": 1, "redundancy.policy": "none"},
    )
    small = point.small
    brought = bring_up(small.design, small.moduli, small.array_shape, small.chip_seed)
    assert all(
        torch.equal(point.chip.trims[m].digit_rad, brought.trims[m].digit_rad) for m in small.moduli
    )


def test_data_is_spread_over_all_that_is_streamed() -> None:
    few, many = at(streamed="forward", vectors=10), at(streamed="forward", vectors=1000)
    assert few.streamed.shape == (10, 16)
    assert many.streamed.shape == (1000, 16)
    # Not the first images only.
    assert not torch.equal(few.streamed, many.streamed[:10])
    assert at(streamed="uniform").streamed.abs().max() == 15
