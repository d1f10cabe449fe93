"""Points that the tests of metrics look at: quick ones, calibrated by the oracle."""

from __future__ import annotations

from typing import Any

from mirage_core.machine.loading import load_machine
from studies.metrics.conditions import Conditions
from studies.metrics.evaluation import Evaluation

QUICK: dict[str, Any] = {"controller": "oracle", "rows": 2, "vectors": 40, "streamed": "uniform"}


def at(
    preset: str = "robust",
    changes: dict[str, Any] | None = None,
    seed: int = 0,
    **conditions: Any,
) -> Evaluation:
    """One point."""
    machine = load_machine(preset, changes or {})
    return Evaluation(machine, Conditions(**{**QUICK, **conditions}), {}, seed)
