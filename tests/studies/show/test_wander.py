"""What is printed of the wander of a machine, and when it warns of pilots that come too rarely."""

from __future__ import annotations

import math

import pytest

from circuits import fabricate
from circuits.analysis.wander_errors import wander_errors
from circuits.chip.chip import Chip
from circuits.control.wander import row_wanders
from mirage_core import load_machine
from studies.show.wander import print_wander
from tests.machines import FEW_ROWS

WANDER = ("drift.step_s=0.5", "drift.rail_wander_rms_k=1e-3")


def chip(*overrides: str) -> Chip:
    machine = load_machine("robust", [*FEW_ROWS, *overrides])
    return fabricate(machine.design, (31, 33), machine.array_shape, 0)


def test_nothing_is_said_of_a_chip_that_stands_still(capsys: pytest.CaptureFixture[str]) -> None:
    assert print_wander(chip()) == {}
    assert capsys.readouterr().out == ""


def test_costs_are_those_of_the_rows(capsys: pytest.CaptureFixture[str]) -> None:
    tracked = chip(*WANDER, "drift.pilot_period_steps=4")
    found = print_wander(tracked)["wander"]
    said = capsys.readouterr().out
    assert "with pilots every 2 s" in said
    assert "forgets" not in said
    for modulus, rows in row_wanders(tracked).items():
        errors = wander_errors(rows)
        assert found[modulus]["rails_rad"] == errors.rails_rad
        assert found[modulus]["total_rad"] == errors.total_rad
        assert f"{1e3 * errors.total_rad:.3g}" in said
        assert f"{100 * errors.total_rad * modulus / math.pi:.3g} %" in said
        assert f"{1e3 * errors.untracked_rad:.3g}" in said


def test_pilots_at_the_start_alone_are_said_to_be_so(capsys: pytest.CaptureFixture[str]) -> None:
    print_wander(chip(*WANDER))
    assert "pilots at the start alone" in capsys.readouterr().out


@pytest.mark.parametrize(("steps", "late"), [(27, False), (29, True)])
def test_it_is_said_where_pilots_add_to_what_wanders(
    steps: int, late: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    """Half a second a step; 2 (1 - exp(-T/2τ)) is 1 after 2 ln 2 times 10 s: 27.7 steps."""
    print_wander(chip(*WANDER, f"drift.pilot_period_steps={steps}"))
    said = capsys.readouterr().out
    assert ("the difference between rails forgets within 10 s" in said) == late
