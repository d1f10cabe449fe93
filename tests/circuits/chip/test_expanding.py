"""Heat of tiles as an expansion, against digits that are warm exactly."""

from __future__ import annotations

import math

import pytest
import torch

from circuits import fabricate
from circuits.chip.arrays import ModulusArrays
from circuits.chip.compiling import _warm_digits, digit_tables
from circuits.coding.array_shape import ArrayShape
from mirage_core import load_machine
from photonics.random import NoiseKey
from photonics.switching import moved

M, UNITS, ROWS, LENGTH = 33, 2, 4, 16


def arrays(*changes: str) -> ModulusArrays:
    """Of heaters as fabricated, trimmed to nothing; the last tile of a product has two rows."""
    machine = load_machine(
        "thermo-optic", ["multiplier.switch.trimmer.spread_rms_m=3e-13", *changes]
    )
    return fabricate(machine.design, (M,), ArrayShape(UNITS, ROWS, LENGTH), 3).arrays(M)


@pytest.mark.parametrize(
    "changes",
    [
        (),
        ("multiplier.heat.coupling_error_rms=0",),
        ("multiplier.heat.compensated=false",),
        ("multiplier.heat.switch_share=0",),
        ("multiplier.polarity=zero-coupled", "multiplier.switch.detuning_m=4e-9"),
        ("multiplier.heat.reach_rows=0",),
        (
            "multiplier.heat.coupling.law.nearest_coupling=1e-3",
            "multiplier.heat.digit_pitch_m=200e-6",
            "multiplier.heat.switch_distance_m=100e-6",
        ),
    ],
    ids=[
        *("as it is", "known", "not compensated", "cold switches", "zero-coupled", "one row"),
        "trenched",
    ],
)
def test_rows_turn_as_exactly_warm_digits_turn_them(changes: tuple[str, ...]) -> None:
    of = arrays(*changes)
    tables, exact = digit_tables(of), _warm_digits(of)
    assert exact is not None
    assert tables.heat is not None
    assert tables.warm is None
    # The last tile is cut short.
    unit = torch.tensor([[0, 0, 0, 0, 1, 1], [1, 1, 1, 1, 0, 0]])
    row = torch.arange(6) % ROWS
    drawn = NoiseKey.from_seed(1).uniform(0, 2 * 6 * LENGTH).view(2, 6, LENGTH)
    level = (drawn * M).long() - M // 2
    places = LENGTH * exact.static_rad.shape[3]
    bits = (NoiseKey.from_seed(2).uniform(0, 50 * places).view(50, -1) < 0.5).double()
    whole = (2, 6, LENGTH, -1)
    zero, one = tables.heat.changes(unit, row, level)
    warm, cold = exact.responses(unit, row, level), exact.cold(unit, row, level)
    for q in range(3):
        low, high = zero[q].double().view(whole), one[q].double().view(whole)
        by_heat = [(w - c)[..., q] for w, c in zip(warm, cold, strict=True)]
        if q == 2:
            by_heat = [x - (x / (2 * math.pi)).round() * (2 * math.pi) for x in by_heat]
        found, expected = (
            base.flatten(2).sum(-1, keepdim=True) + delta.flatten(2) @ bits.T
            for base, delta in ((low, high - low), by_heat)
        )
        assert float((found - expected).abs().max()) < 1e-4
        if q == 2:
            assert float(expected.abs().max()) > 1e-4
    # The tables are turned by as much, in steps.
    base, delta = tables.heat.added(unit, row, level)
    rounded = torch.stack([(x * (1.0 / s)).round() for x, s in zip(zero, tables.step, strict=True)])
    assert torch.equal(base, rounded.sum(-1).T.view(2, 6, LENGTH, 3))
    assert delta.shape == (2, 6, places, 3)


def test_heat_too_strong_for_an_expansion_is_followed_exactly() -> None:
    tables = digit_tables(arrays("multiplier.heat.coupling.law.nearest_coupling=1e-3"))
    assert tables.heat is None
    assert tables.table is None
    assert tables.warm is not None


def test_curvatures_follow_those_of_switches_as_they_were_made() -> None:
    """Against second differences of each: a line leaves a tenth of what their mean leaves."""
    of = arrays()
    heat, warm = digit_tables(of).heat, _warm_digits(of)
    assert heat is not None
    assert warm is not None
    offset = warm.switch_offset
    step = torch.full(offset.shape[:-1], 1e-13, dtype=torch.float64)
    # (L, S, B, W, E, C, D): as complex numbers with the rail and the switch last.
    slopes = heat.slopes.double().movedim(5, -1).contiguous()
    p = torch.view_as_complex(slopes).permute(2, 3, 0, 5, 1, 4).flatten(2)
    line = torch.view_as_complex(heat.curves.double())
    for bit, numbers in enumerate(warm.switches):
        up, cold, down = (numbers.fields(moved(offset, by)) for by in (step, 0.0 * step, -step))
        for path, at in enumerate((0, 1) if warm.straight_shifter else (1, 0)):
            second = (up[at] + down[at] - 2.0 * cold[at]) / (2.0 * step.square() * cold[at])
            made, found = second.flatten(), line[bit, path, 0] + line[bit, path, 1] * p[bit, path]
            # Those of the expansion are of moves over the largest, whatever that is.
            found = found * (made.abs().mean() / found.abs().mean())
            scatter = (made - made.mean()).abs().mean()
            assert float((found - made).abs().mean()) < 0.1 * float(scatter)
