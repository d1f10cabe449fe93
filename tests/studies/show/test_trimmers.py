"""The cost of trimming in words: digits, and switches of either kind."""

from __future__ import annotations

import json

from circuits import ArrayShape, fabricate
from circuits.chip.chip import Chip
from mirage_core import load_machine
from studies.show.trimmers import trimmer_text, trimmers_json


def chip(*overrides: str) -> Chip:
    design = load_machine("robust", ["bfp.group_size=4", *overrides]).design
    return fabricate(design, (29, 33), ArrayShape(1, 2, 4), 0)


def test_rings_are_counted_and_priced() -> None:
    made = chip()
    # Two rows of four multipliers of five and of six digits or five: two rails, two rings each.
    digits = sum(made.design.multiplier.code(m).count for m in (29, 33))
    count = 2 * 4 * digits * 4
    assert trimmer_text(made).startswith(f"{count:,} switches (ring), trimmed beforehand to 0.")
    costs = json.loads(json.dumps(trimmers_json(made)))
    trimmer = made.design.multiplier.switch.trimmer  # type: ignore[attr-defined]
    assert costs["switch_trimmers"]["count"] == count
    assert costs["switch_trimmers"]["expected_power_w"] == trimmer.expected_power_w(count)


def test_arms_of_interferometers_are_priced() -> None:
    made = chip("multiplier.switch.kind=mzi")
    arms = trimmers_json(made)["switch_trimmers"]
    # 24.8 mW for half a turn, evenly over one.
    assert abs(arms["expected_power_w"] - arms["count"] * 24.77e-3) < 1e-3 * arms["count"]
    assert f"{arms['count']:,} switches (mzi), trimmed beforehand to " in trimmer_text(made)
