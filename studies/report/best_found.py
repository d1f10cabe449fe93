"""What adaptive search has found: its best point, or those that no other one beats."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from studies.runner.study import Study, bound_of
from studies.runner.table import Table

_TOLD = 5


def best_found(study: Study, table: Table) -> list[str]:
    """Sentences on the points that keep all bounds, judged as the sampler is told: by means."""
    names = list(study.directions)
    # A point whose mean is no number the sampler has not been told of.
    points = [
        (key, part)
        for key, part in table.by(*table.axes)
        if not any(math.isnan(_mean(part, name)) for name in (*names, *study.constraints))
    ]
    kept = [(key, part) for key, part in points if _keeps(study, part)]
    bounds = ", ".join(f"{name} {text}" for name, text in study.constraints.items())
    among = f"{len(kept)} of {len(points)} points keep {bounds}" if bounds else "all points"
    if not points:
        return [f"No point has a number of {' and '.join(names)}."]
    if not kept:
        return [f"No point of {len(points)} keeps {bounds}."]
    costs = [_costs(study, part) for _, part in kept]
    told = [_point(table, names, *kept[i]) for i in sorted(unbeaten(costs), key=costs.__getitem__)]
    if len(names) == 1:
        return [f"Best found ({among}): {told[0]}."]
    more = f"; and {len(told) - _TOLD} more" if len(told) > _TOLD else ""
    return [
        f"Not beaten in {' and '.join(names)} at once ({among}): {'; '.join(told[:_TOLD])}{more}."
    ]


def unbeaten(costs: Sequence[Sequence[float]]) -> list[int]:
    """Places of what nothing else is at least as good as in all, all the better the smaller."""
    return [i for i, own in enumerate(costs) if not any(_beats(c, own) for c in costs)]


def _keeps(study: Study, part: Table) -> bool:
    for name, text in study.constraints.items():
        sign, bound = bound_of(name, text)
        found = _mean(part, name)
        if not (found <= bound if sign == "<=" else found >= bound):
            return False
    return True


def _costs(study: Study, part: Table) -> list[float]:
    """Objectives, all the better the smaller."""
    return [
        _mean(part, name) * (1.0 if direction == "minimize" else -1.0)
        for name, direction in study.directions.items()
    ]


def _mean(part: Table, metric: str) -> float:
    values = [row[metric] for row in part.rows]
    return sum(values) / len(values) if values else math.nan


def _beats(one: Sequence[float], other: Sequence[float]) -> bool:
    return one != other and all(a <= b for a, b in zip(one, other, strict=True))


def _point(table: Table, names: list[str], key: tuple[Any, ...], part: Table) -> str:
    reached = ", ".join(f"{name} {part.of(name).text()}" for name in names)
    return f"{reached} at {point_text(table.axes, key)}"


def point_text(axes: list[str], key: tuple[Any, ...]) -> str:
    """A point in words."""
    return ", ".join(f"{axis} = {short(value)}" for axis, value in zip(axes, key, strict=True))


def short(value: Any) -> str:
    """A value in a cell."""
    return f"{value:.4g}" if isinstance(value, float) else str(value)
