"""Rows that wander: what pilots leave of it, in closed form, and when the light changes."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
import torch
from torch import Tensor

from circuits.compiled.row_wander import PilotTracking, RowWander, in_steps
from photonics.random import NoiseKey
from photonics.wander import step_variance
from tests.tolerance import assert_mean, assert_uncorrelated, assert_variance

KEY = NoiseKey.from_seed(2)
ROWS, LENGTH, M = 8_000, 1, 5
RMS, TAU = (0.3, 0.2, 5.0), (40.0, 25.0, 90.0)
# Moves of either rail, and half their squares: what they turn a multiplier of 0 by, and what each
# of its two digits of 1 adds.
BASE_RAD = (0.5, -0.25, 0.0, 0.0)
DIGIT_RAD = ((0.1, 0.3), (0.4, -0.2), (0.0, 0.0), (0.0, 0.0))
OFFSET, RAIL_RAD = ((3.0, 3.0), (1.0, -1.0), (0.2, 0.2)), (0.0, 1.5, 0.01)
# By hand, a row per unit of the die, the rails and the laser.
ROW_RAD = (3.0 * 0.25, 1.5 + 0.75, 0.01 + 0.2 * 0.25)


def rows(
    period: int = 0,
    noise: Tensor | None = None,
    step_rad: float = 1e-9,
    modulus: int = M,
    count: int = ROWS,
) -> RowWander:
    """Rows that are all alike at all drives; pilots see a row, and the mean of its digits."""
    base, digit = (torch.tensor(x, dtype=torch.float64) for x in (BASE_RAD, DIGIT_RAD))
    seen_rad = torch.stack((base, digit.mean(-1)), dim=-1)[:, None].expand(-1, count, -1)
    still = torch.zeros(2, 2, dtype=torch.float64)
    pilots = PilotTracking(period, seen_rad, still if noise is None else noise, step_rad)
    return RowWander(
        modulus=modulus,
        shape=(1, count, LENGTH),
        rms=RMS,
        correlation_steps=TAU,
        switch_offset=torch.tensor(OFFSET, dtype=torch.float64),
        rail_rad=torch.tensor(RAIL_RAD, dtype=torch.float64),
        base_rad=base.float()[:, None, None].expand(-1, count, modulus),
        digit_rad=digit.float()[:, None, None].expand(-1, count, modulus, -1),
        pilots=pilots if period else None,
    )


def row_rad(wander: RowWander, step: int, key: NoiseKey = KEY) -> Tensor:
    """Phase of rows of 0, (L,)."""
    now = wander.at(key, step)
    return (now.rail_rad - now.tracked_rad).flatten() + torch.tensor(BASE_RAD).double() @ now.moves


def only(quantity: int, wander: RowWander) -> RowWander:
    """The same rows, all but one quantity at rest."""
    return replace(wander, rms=tuple(s if q == quantity else 0.0 for q, s in enumerate(RMS)))


@pytest.mark.parametrize("period", [1, 10, 100])
def test_pilots_leave_what_came_since_half_a_period(period: int) -> None:
    """Period by period and row by row: 2 s² (1 - exp(-T/2τ)) times the square of the slope."""
    found = row_rad(only(1, rows(period)), 7 * period + period // 2)
    left = step_variance(period / 2.0, TAU[1]) * RMS[1] ** 2
    assert_variance(found, left * ROW_RAD[1] ** 2)
    assert_mean(found, 0.0, math.sqrt(left) * ROW_RAD[1])


@pytest.mark.parametrize("ratio", [1e-3, 0.1, 1.0, 4.0])
def test_the_middle_of_a_period_errs_as_the_mean_over_it_or_a_little_more(ratio: float) -> None:
    """The mean of 2 s² (1 - exp(-u/τ)) over a period against that of its middle."""
    times = (torch.arange(100_000, dtype=torch.float64) + 0.5) / 100_000
    mean = float((-2.0 * torch.expm1(-ratio * times)).mean())
    assert mean == pytest.approx(2.0 * (1.0 + math.expm1(-ratio) / ratio), rel=1e-6)
    excess = step_variance(ratio / 2.0, 1.0) / mean - 1.0
    # Jensen: the middle of a concave function lies above its mean, here by T/12τ at most.
    assert 0.0 < excess < ratio / 12.0


@pytest.mark.parametrize("quantity", [0, pytest.param(2, marks=pytest.mark.slow)])  # 8 s
def test_die_and_laser_are_one_for_all_rows_and_moduli(quantity: int) -> None:
    one, other = (row_rad(only(quantity, rows(5, modulus=m)), 12) for m in (5, 7))
    assert torch.equal(one, other)
    assert one.unique().numel() == 1
    # Over many keys it has the variance of one.
    small = only(quantity, rows(count=1))
    found = torch.stack([row_rad(small, 20, KEY.fold(i)) for i in range(800)])
    grown = step_variance(20.5, TAU[quantity]) * RMS[quantity] ** 2
    assert_variance(found, grown * ROW_RAD[quantity] ** 2)


def test_rows_of_other_moduli_warm_by_themselves() -> None:
    one, other = (row_rad(only(1, rows(modulus=m)), 12) for m in (5, 7))
    assert_uncorrelated(one, other)
    assert_uncorrelated(one[1:], one[:-1])


@pytest.mark.parametrize("step", [0, 30, 5000])
def test_without_pilots_it_departs_from_the_start(step: int) -> None:
    found = row_rad(only(1, rows()), step)
    grown = step_variance(step + 0.5, TAU[1]) * RMS[1] ** 2
    assert_variance(found, grown * ROW_RAD[1] ** 2)


def test_the_light_is_that_of_a_whole_period() -> None:
    wander = rows(10)
    parts = [torch.cat([x.flatten() for x in wander.at(KEY, n)]) for n in (30, 39, 40, 29)]
    assert torch.equal(parts[0], parts[1])
    assert not torch.equal(parts[1], parts[2])
    assert not torch.equal(parts[0], parts[3])
    # The way is that of the key; pilots of another period look at it at other times.
    coarse, fine = (only(1, rows(n)) for n in (30, 10))
    at_45 = [x.at(KEY, 45).rail_rad for x in (coarse, fine)]
    assert torch.equal(*at_45)


def test_pilots_at_the_start_are_those_that_the_chip_was_brought_up_by() -> None:
    noise = torch.eye(2, dtype=torch.float64)
    tracked, free = rows(10, noise).at(KEY, 3), rows().at(KEY, 3)
    assert not bool(tracked.tracked_rad.any() | tracked.tracked_digit_rad.any())
    assert not bool(free.tracked_rad.any() | free.tracked_digit_rad.any())


def test_pilots_err_by_their_noise() -> None:
    """What is taken back over what was to be seen: of the covariance of the pilots."""
    triangle = torch.tensor([[0.05, 0.0], [-0.02, 0.01]], dtype=torch.float64)
    noisy, clean = (rows(10, n).at(KEY, 70) for n in (triangle, None))
    row = (noisy.tracked_rad - clean.tracked_rad).flatten()
    digit = (noisy.tracked_digit_rad - clean.tracked_digit_rad).flatten(0, 2).mean(-1)
    covariance = triangle @ triangle.T
    assert_variance(row, float(covariance[0, 0]))
    assert_variance(digit, float(covariance[1, 1]))
    both = float(covariance[0, 1])
    spread = math.sqrt(float(covariance[0, 0] * covariance[1, 1]) + both**2)
    assert_mean(row * digit, both, spread)
    later = rows(10, triangle).at(KEY, 80), rows(10).at(KEY, 80)
    assert_uncorrelated(row, (later[0].tracked_rad - later[1].tracked_rad).flatten())


def test_trimmers_stand_on_their_steps() -> None:
    step_rad = 0.01
    coarse, fine = (rows(10, step_rad=s).at(KEY, 70) for s in (step_rad, 1e-9))
    for taken_rad in (coarse.tracked_rad, coarse.tracked_digit_rad):
        steps = taken_rad / step_rad
        assert float((steps - steps.round()).abs().max()) < 1e-9
    # A row, and the sum over its digits, lie within half a step of what was asked for.
    for taken, asked in (
        (coarse.tracked_rad, fine.tracked_rad),
        (coarse.tracked_digit_rad.sum((2, 3)), fine.tracked_digit_rad.sum((2, 3))),
    ):
        off_rad = taken - asked
        assert float(off_rad.abs().max()) <= 0.5001 * step_rad
        assert_variance(off_rad, step_rad**2 / 12.0)


def test_a_sum_in_steps_is_shared_among_digits() -> None:
    shared = in_steps(torch.tensor([0.3, 1.0, -0.5]), 1.0, 10)
    assert shared.sum(-1).tolist() == [3.0, 10.0, -5.0]
    assert sorted(set(shared[0].tolist())) == [0.0, 1.0]


def test_rows_turn_by_what_has_moved() -> None:
    """Place by place and drive by drive, the squares of moves included."""
    units, count, length, digits = 2, 3, 4, 2
    places, drawn = units * count * length, NoiseKey.from_seed(1)
    size = 4 * places * M
    wander = replace(
        rows(10),
        shape=(units, count, length),
        base_rad=drawn.normal(0, size).view(4, places, M).float(),
        digit_rad=drawn.normal(size, size * digits).view(4, places, M, digits).float(),
        pilots=None,
    )
    now = wander.at(KEY, 70)
    taken_rad = 1e-3 * drawn.normal(0, now.tracked_digit_rad.numel())
    now = now._replace(
        tracked_rad=now.rail_rad / 3.0,
        tracked_digit_rad=taken_rad.view_as(now.tracked_digit_rad),
    )
    unit, row = torch.tensor([[1, 1, 0]]), torch.tensor([0, 2, 1])
    level = torch.tensor([[[-2, 0, 1, 2], [1, 1, -1, 0], [2, -2, 0, 1]]])
    by_row, by_place, by_digit = wander.turned_rad(now, unit, row, level)
    for m, (u, r) in enumerate(zip(unit[0].tolist(), row.tolist(), strict=True)):
        first, second = now.switch_offset[u, r].tolist()
        moves = (first, second, first**2 / 2.0, second**2 / 2.0)
        guides = float(now.rail_rad[u, r]) * 2.0 / 3.0
        assert float(by_row[0, m]) == pytest.approx(guides, rel=1e-6)
        for j in range(length):
            place, drive = (u * count + r) * length + j, int(level[0, m, j]) + M // 2
            base = sum(x * float(wander.base_rad[k, place, drive]) for k, x in enumerate(moves))
            assert float(by_place[0, m, j]) == pytest.approx(base, rel=1e-5, abs=1e-5)
            for d in range(digits):
                each = wander.digit_rad[:, place, drive, d].tolist()
                added = sum(x * y for x, y in zip(moves, each, strict=True))
                added -= float(now.tracked_digit_rad[u, r, j, d])
                assert float(by_digit[0, m, j * digits + d]) == pytest.approx(added, abs=1e-5)


@pytest.mark.parametrize("period", [0, 10])
def test_no_phase_is_beyond_its_reach(period: int) -> None:
    noise = 0.1 * torch.eye(2, dtype=torch.float64)
    wander = rows(period, noise)
    lines = torch.arange(ROWS)
    for step in range(0, 400, 40):
        now, level = wander.at(KEY, step), torch.zeros(1, ROWS, 1, dtype=torch.int64)
        by_row, by_place, by_digit = wander.turned_rad(now, lines[None] // ROWS, lines, level)
        most = by_row.abs() + by_place.abs().sum(-1) + by_digit.abs().sum(-1)
        assert float(most.max()) < wander.reach_rad
    assert wander.reach_rad < 100.0 * float(most.max())
