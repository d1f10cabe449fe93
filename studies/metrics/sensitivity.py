"""Device parameters moved by their stated spreads, and what SALib makes of the results.

Legend of shapes: N machine, P parameter.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from scipy import stats

from mirage_core.machine.loading import load_machine
from studies.metrics.spreads import spread_of
from studies.metrics.tolerances import parameters
from studies.runner.plan import problem
from studies.runner.rows import DONE, Row

MACHINE = "robust"
# Chosen, or no property of a part that was ordered and made.
_CHOSEN = ("laser.power_w", "full_scale_ratio", "sampling_guard_s", "transimpedance_ohm")
# Of heaters and of resistors, which this machine does not have.
_ABSENT = ("multiplier.heat.", "receiver.tia.temperature_k")
_WAVELENGTH, _FRACTION = "laser.wavelength_m", "multiplier.switch.driven_fraction"


@lru_cache(maxsize=1)
def device_parameters() -> dict[str, float]:
    """Names and values of what is moved."""
    found = parameters(load_machine(MACHINE))
    return {
        name: value
        for name, value in found
        if not name.endswith(_CHOSEN) and not name.startswith(_ABSENT)
    }


def moved(point: Mapping[str, Any]) -> dict[str, Any]:
    """Values of a point whose axes count spreads, times its ``range``."""
    found: dict[str, Any] = {}
    for name, value in device_parameters().items():
        if name in point:
            off = float(point[name]) * float(point.get("range", 1.0)) * spread_of(name).of(value)
            found[name] = value + off
    if _FRACTION in found:
        found[_FRACTION] = min(found[_FRACTION], 1.0)
    if _WAVELENGTH in found:
        found["receiver.photodiode.wavelength_m"] = found[_WAVELENGTH]
    return found


@dataclass(frozen=True)
class Effect:
    """What a parameter does to a result.

    Attributes:
        name: of the parameter.
        size: mean of absolute elementary effects, or share of the variance with interactions.
        error: half of its interval; not a number where there is none.
        spread: standard deviation of the elementary effects, or share without interactions.
    """

    name: str
    size: float
    error: float
    spread: float


def morris_effects(rows: Sequence[Row], names: Sequence[str], metric: str) -> list[Effect]:
    """Elementary effects of a screening by Morris, largest first, in decades per two spreads.

    Trajectories with a machine that cannot be are left out.  Replicas are averaged by point.
    """
    from SALib.analyze import morris

    step = len(names) + 1
    points = _by_point(rows, metric)
    paths = [points[i : i + step] for i in range(0, len(points) - step + 1, step)]
    whole = [p for path in paths if not any(math.isnan(d) for _, d in path) for p in path]
    if not whole:
        return []
    with warnings.catch_warnings():
        # One trajectory has no scatter, and says so as nan.
        warnings.simplefilter("ignore", RuntimeWarning)
        found = morris.analyze(
            problem(names),
            _unit([row for row, _ in whole], names),
            np.array([decades for _, decades in whole]),
            num_levels=4,
            seed=0,
        )
    # One trajectory says nothing of how far others would scatter.
    errors = found["mu_star_conf"] if len(whole) > step else [math.nan] * len(names)
    return _ordered(zip(names, found["mu_star"], errors, found["sigma"], strict=True))


def variance_shares(rows: Sequence[Row], names: Sequence[str], metric: str) -> list[Effect]:
    """Shares of the variance by Sobol, largest first; a design with gaps tells nothing.

    Replicas are averaged by point.
    """
    from SALib.analyze import sobol

    decades = np.array([decades for _, decades in _by_point(rows, metric)])
    if not len(decades) or np.isnan(decades).any():
        return []
    # A seed of 0 is none to this function.
    found = sobol.analyze(problem(names), decades, calc_second_order=False, seed=1)
    return _ordered(zip(names, found["ST"], found["ST_conf"], found["S1"], strict=True))


def rank_correlation(one: Sequence[Effect], other: Sequence[Effect]) -> float:
    """Spearman's, of two rankings of the same parameters."""
    if len(one) < 3 or len(one) != len(other):
        return math.nan
    sizes = {effect.name: effect.size for effect in other}
    pairs = [(effect.size, sizes[effect.name]) for effect in one]
    return float(stats.spearmanr([a for a, _ in pairs], [b for _, b in pairs]).statistic)


def _ordered(columns: Any) -> list[Effect]:
    found = [Effect(name, float(a), float(b), float(c)) for name, a, b, c in columns]
    return sorted(found, key=lambda effect: -effect.size)


def _by_point(rows: Sequence[Row], metric: str) -> list[tuple[Row, float]]:
    """A row of every point in the order of the design, which analyses rely on, and its decades.

    Decades are means over replicas, and not a number where one has none.
    """
    found: dict[int, list[Row]] = {}
    for row in sorted(rows, key=lambda row: int(row["point"])):
        found.setdefault(row["point"], []).append(row)
    return [
        (same[0], float(np.mean([_decades(r, metric) for r in same]))) for same in found.values()
    ]


def _decades(row: Row, metric: str) -> float:
    counts = row["status"] == DONE and math.isfinite(row[metric]) and row[metric] > 0
    return float(np.log10(row[metric])) if counts else math.nan


def _unit(rows: Sequence[Row], names: Sequence[str]) -> Any:
    """Places of machines in the design space, (N, P), each from 0 to 1."""
    return np.array([[0.5 * (float(row[name]) + 1.0) for name in names] for row in rows])
