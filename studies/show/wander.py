"""What the wander of a machine's temperatures and laser costs its readings, tracked and not."""

from __future__ import annotations

import math
from dataclasses import asdict
from typing import Any

from circuits.analysis.wander_errors import WanderErrors, wander_errors
from circuits.chip.chip import Chip
from circuits.control.wander import row_wanders
from studies.report.tables import console, print_table

_NAMES = ("the die", "the difference between rails", "the laser")
# Where 2 (1 - exp(-T/2τ)) is 1, what a reading leaves is as much as there is without one.
_LATE = 2.0 * math.log(2.0)


def print_wander(chip: Chip) -> dict[str, Any]:
    """Print what wander costs each modulus of a chip at the start, and give it as plain data.

    Nothing is printed, and nothing given, of a chip that stands still.
    """
    found = {m: wander_errors(rows) for m, rows in row_wanders(chip).items()}
    if not found:
        return {}
    drift = chip.design.drift
    period_s = drift.step_s * drift.pilot_period_steps
    often = f"pilots every {period_s:.3g} s" if period_s else "pilots at the start alone"
    print_table(
        f"Wander, mrad rms, with {often}",
        (
            "modulus",
            "die",
            "between rails",
            "laser",
            "leaks",
            "pilots' noise",
            "trimmers' steps",
            "altogether",
            "of half a cell",
            "untracked",
        ),
        [_row(modulus, errors) for modulus, errors in found.items()],
    )
    for name, rms, slow_s in zip(_NAMES, drift.wander_rms, drift.wander_s, strict=True):
        if rms and period_s > _LATE * slow_s:
            say = f"{name} forgets within {slow_s:.3g} s: pilots so rare add to it"
            console().print(say, soft_wrap=True)
    return {"wander": {m: {**asdict(x), "total_rad": x.total_rad} for m, x in found.items()}}


def _row(modulus: int, errors: WanderErrors) -> tuple[str, ...]:
    names = "die", "rails", "laser", "leaks", "pilots", "steps"
    parts = [getattr(errors, f"{name}_rad") for name in names]
    half_cell_rad = math.pi / modulus
    return (
        str(modulus),
        *(f"{1e3 * x:.3g}" for x in (*parts, errors.total_rad)),
        f"{100 * errors.total_rad / half_cell_rad:.3g} %",
        f"{1e3 * errors.untracked_rad:.3g}",
    )
