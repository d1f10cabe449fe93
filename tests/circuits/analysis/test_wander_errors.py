"""What wander costs, in closed form, against phases of the compiled rows at many times."""

from __future__ import annotations

import itertools
import math

import pytest
import torch

from circuits import ArrayShape, fabricate
from circuits.analysis.wander_errors import WanderErrors, wander_errors
from circuits.chip.compiling import compile_chip
from circuits.compiled.row_wander import PilotTracking, RowWander
from circuits.control.wander import row_wanders
from mirage_core import load_machine
from photonics.random import NoiseKey

SHAPE = ArrayShape(units=1, rows=16, length=8)
M, TIMES, PATTERNS = 31, 100, 20
# Of rows made by hand.
ROWS = 8000
DIE, RAILS, LASER = (
    "drift.common_wander_rms_k=1e-2",
    "drift.rail_wander_rms_k=1e-3",
    "drift.laser_wander_rms_hz=3e8",
)
PILOTS = ("drift.pilots=64", "drift.pilot_period_steps=4")


def costs(*overrides: str) -> tuple[WanderErrors, float]:
    """What is foretold, and the rms phase of random readings at many times."""
    machine = load_machine("robust", ["drift.step_s=1", *overrides])
    chip = fabricate(machine.design, (M,), SHAPE, 3)
    wanders = row_wanders(chip)
    arrays, lines = compile_chip(chip, wanders).arrays[M], torch.arange(SHAPE.rows)
    total = []
    for n in range(TIMES):
        key = NoiseKey.from_seed(9).fold(n)
        drives = (key.fold("w").uniform(0, 128) * M).long().view(1, 16, 8) - M // 2
        bits = (key.fold("x").uniform(0, PATTERNS * 40) < 0.5).float().view(1, PATTERNS, 40)
        now = wanders[M].at(key, 10_000)
        after, before = (
            arrays.digits.respond(bits, *arrays.load(drives, 0 * lines[None], lines, state))[2]
            for state in (now, None)
        )
        total.append((after - before).double().square().mean())
    return wander_errors(wanders[M]), float(torch.stack(total).mean().sqrt())


@pytest.mark.parametrize(
    "overrides",
    [
        (DIE,),
        (RAILS,),
        (LASER,),
        (DIE, RAILS, LASER),
        (RAILS, *PILOTS),
        (DIE, RAILS, LASER, *PILOTS),
    ],
)
def test_the_cost_is_what_readings_are_off(overrides: tuple[str, ...]) -> None:
    foretold, found = costs(*overrides)
    # A die has one temperature, so the mean square of its times has a spread of √(2/n) of itself
    # for the first order, and √(32/3n) where all is a square; halved for the rms.
    allowed = 5.0 * 0.5 * math.sqrt(2.0 / TIMES) * (2.4 if LASER in overrides else 1.0)
    assert found == pytest.approx(foretold.total_rad, rel=allowed)


def test_one_source_at_a_time() -> None:
    names = ("die_rad", "rails_rad", "laser_rad")
    for own, override in zip(names, (DIE, RAILS, LASER), strict=True):
        found = wander_errors(wandering(override))
        assert getattr(found, own) > 0.0
        assert all(getattr(found, other) == 0.0 for other in names if other != own)
        assert found.pilots_rad == found.steps_rad == 0.0
        assert found.total_rad == pytest.approx(found.untracked_rad)


def wandering(*overrides: str) -> RowWander:
    machine = load_machine("robust", ["drift.step_s=1", *overrides])
    return row_wanders(fabricate(machine.design, (M,), SHAPE, 3))[M]


def test_more_frequent_pilots_leave_less() -> None:
    periods = (1, 10, 100)
    left = [
        wander_errors(wandering(RAILS, "drift.pilots=64", f"drift.pilot_period_steps={n}"))
        for n in periods
    ]
    free = wander_errors(wandering(RAILS))
    for n, each in zip(periods, left, strict=True):
        # Rails turn all digits alike, and pilots see all of it: 1 - exp(-T/2τ) of the variance.
        share = -math.expm1(-n / 2.0 / 10.0)
        assert each.rails_rad == pytest.approx(math.sqrt(share) * free.rails_rad, rel=1e-3)
        assert each.untracked_rad == pytest.approx(free.untracked_rad)


def test_fewer_pilots_are_noisier() -> None:
    few, many = (
        wander_errors(wandering(RAILS, f"drift.pilots={n}", "drift.pilot_period_steps=1"))
        for n in (32, 512)
    )
    assert few.pilots_rad == pytest.approx(4.0 * many.pilots_rad, rel=0.3)
    # 7 rad over 2^13 - 1 steps; a row, the sum of half of its 40 digits, and each of them.
    step_rad = 7.0 / 8191
    steps = step_rad * math.sqrt(1 / 12 + 1 / 48 + 40 / 24)
    assert few.steps_rad == many.steps_rad == pytest.approx(steps)


def by_hand(noise: float, square: float, step_rad: float = 1e-9) -> RowWander:
    """Rows of one multiplier of two digits, unlike each other and at each of three drives."""
    shape = 4, ROWS, 3
    drive = torch.tensor([-1.0, 0.0, 1.0])
    base_rad, digit_rad = torch.zeros(shape), torch.zeros(*shape, 2)
    for rail, sign in enumerate((1.0, -1.0)):
        base_rad[rail] = sign * (0.3 + 0.1 * drive)
        digit_rad[rail] = sign * torch.tensor([0.5, -0.2])
        digit_rad[rail, ..., 0] += 0.2 * drive
        base_rad[2 + rail] = square * (1.0 + 2.0 * drive)
        digit_rad[2 + rail, ..., 1] = square * (0.5 + 0.3 * drive)
    middle = torch.stack((base_rad.mean(-1), digit_rad.mean((2, 3))), dim=-1).double()
    # What pilots take for the mean is not quite it.
    seen_rad = 0.8 * middle
    triangle = noise * torch.tensor([[0.5, 0.0], [-0.4, 0.2]], dtype=torch.float64)
    return RowWander(
        modulus=3,
        shape=(1, ROWS, 1),
        rms=(0.0, 0.7, 0.0),
        correlation_steps=(1.0, 25.0, 1.0),
        switch_offset=torch.tensor([[0.0, 0.0], [0.5, -0.5], [0.0, 0.0]], dtype=torch.float64),
        rail_rad=torch.tensor([0.0, 0.2, 0.0], dtype=torch.float64),
        base_rad=base_rad,
        digit_rad=digit_rad,
        pilots=PilotTracking(20, seen_rad, triangle, step_rad),
    )


@pytest.mark.parametrize(
    ("noise", "square", "step_rad"),
    [(0.0, 0.0, 1e-9), (0.5, 0.0, 1e-9), (0.0, 1.5, 1e-9), (0, 0, 1)],
)
def test_every_part_counts_as_it_should(noise: float, square: float, step_rad: float) -> None:
    """The mean square over all digits and drives, and over many rows."""
    rows, lines = by_hand(noise, square, step_rad), torch.arange(ROWS)
    foretold, total, each = wander_errors(rows), 0.0, 0
    for n in range(4):
        now = rows.at(NoiseKey.from_seed(n), 9001)
        for level in (-1, 0, 1):
            drives = torch.full((1, ROWS, 1), level)
            by_row, by_place, by_digit = rows.turned_rad(now, 0 * lines[None], lines, drives)
            for bits in itertools.product((0.0, 1.0), repeat=2):
                phase = by_row + by_place.sum(-1) + by_digit @ torch.tensor(bits)
                total, each = total + float(phase.double().square().mean()), each + 1
    if step_rad == 1:
        # Steps are an upper bound: digits that are to turn by far less take none.
        assert 0.7 * foretold.total_rad < math.sqrt(total / each) < foretold.total_rad
    else:
        # The mean square of a square of normals has a spread of √(32/3) of itself over √n.
        allowed = 5.0 * 0.5 * math.sqrt(32.0 / 3.0 / (4 * ROWS))
        assert math.sqrt(total / each) == pytest.approx(foretold.total_rad, rel=allowed)
