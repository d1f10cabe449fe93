"""The points of a study that are known before any is run: a pure function of study and seed.

``grid`` is every combination; ``random`` and ``qmc`` (Sobol's sequence, scrambled) fill spans;
``morris`` and ``saltelli`` are the designs of SALib for screening and for variance shares.
``tpe`` and ``nsga2`` choose each point from what was found before, so they have no list here.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from typing import Any

from photonics.random import NoiseKey
from studies.runner.axes import Axis, Value

Point = dict[str, Value]

FIXED = ("grid", "random", "qmc", "morris", "saltelli")
ADAPTIVE = ("tpe", "nsga2")
SAMPLERS = (*FIXED, *ADAPTIVE)
_LEVELS = 4


def points(
    sampler: str, cases: Sequence[Axis], axes: Sequence[Axis], n: int, seed: int
) -> list[Point]:
    """All points, in their order: the design of ``axes`` once for every combination of ``cases``.

    Args:
        sampler: one of :data:`FIXED`.
        cases: axes of which every combination is looked at, whatever the sampler.
        axes: axes that the sampler fills.
        n: random and qmc: points; morris: trajectories; saltelli: base samples; grid: not used.
        seed: of the design.
    """
    inner = (
        list(_grid(axes))
        if sampler == "grid"
        else [
            {axis.name: axis.at(x) for axis, x in zip(axes, row, strict=True)}
            for row in unit_design(sampler, [axis.name for axis in axes], n, seed)
        ]
    )
    return [{**case, **point} for case in _grid(cases) for point in inner]


def unit_design(sampler: str, names: Sequence[str], n: int, seed: int) -> list[list[float]]:
    """Rows of numbers in 0 ... 1, one column for each name."""
    if sampler == "random":
        key = NoiseKey.from_seed(seed).fold("study")
        columns = [key.fold(name).uniform(0, n).tolist() for name in names]
        return [list(row) for row in zip(*columns, strict=True)]
    if sampler == "qmc":
        from scipy.stats import qmc

        drawn = qmc.Sobol(len(names), scramble=True, rng=seed).random_base2((n - 1).bit_length())
        return [list(map(float, row)) for row in drawn[:n]]
    if sampler == "morris":
        from SALib.sample import morris

        return _rows(morris.sample(problem(names), n, num_levels=_LEVELS, seed=seed))
    from SALib.sample import sobol

    return _rows(sobol.sample(problem(names), n, calc_second_order=False, seed=seed))


def problem(names: Sequence[str]) -> dict[str, Any]:
    """The design space as SALib takes it: every axis from 0 to 1."""
    return {"num_vars": len(names), "names": list(names), "bounds": [[0.0, 1.0]] * len(names)}


def _rows(design: Any) -> list[list[float]]:
    return [list(map(float, row)) for row in design]


def _grid(axes: Sequence[Axis]) -> Iterator[Point]:
    names = [axis.name for axis in axes]
    for values in itertools.product(*(axis.grid for axis in axes)):
        yield dict(zip(names, values, strict=True))
