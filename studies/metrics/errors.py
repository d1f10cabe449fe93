"""How often readings are decided wrongly: predicted reading by reading, or made and counted.

Legend of shapes: G tile, N streamed vector, M row.
"""

from __future__ import annotations

import math

import torch
from scipy.optimize import brentq
from torch import Tensor

from circuits.analysis.floor import systematic_floor
from circuits.analysis.predicted_errors import predict
from circuits.chip.chip import Chip
from mirage_core.engines import Operands
from photonics.random import NoiseKey
from studies.metrics.evaluation import Evaluation, compiled
from studies.metrics.registry import metric

LEAST_RATE = 1e-15
"""To which error rates are worked out; what lies below counts as this."""
# Light over that of the design between which a stated error rate is looked for.
_DIMMEST, _BRIGHTEST = 1e-4, 1e4
_MOST_POWER_W = 100.0


def _mean_rates(at: Evaluation) -> list[float]:
    return [max(float(r.error_probability.mean()), LEAST_RATE) for r in at.predicted.values()]


@metric(
    "symbol_error_rate_predicted", "", "wrong readings, of the modulus that fares worst", "log", 1.0
)
def symbol_error_rate_predicted(at: Evaluation) -> float:
    """Mean over all readings of the workload."""
    return max(_mean_rates(at))


@metric("residue_error_rate_predicted", "", "wrong readings, of all moduli", "log", 1.0)
def residue_error_rate_predicted(at: Evaluation) -> float:
    """Mean over the moduli."""
    rates = _mean_rates(at)
    return sum(rates) / len(rates)


@metric(
    "worst_row_error_rate_predicted", "", "wrong readings, of the row that fares worst", "log", 1.0
)
def worst_row_error_rate_predicted(at: Evaluation) -> float:
    """Largest mean over tiles and vectors."""
    return max(
        max(float(r.error_probability.mean((0, 1)).max()), LEAST_RATE)
        for r in at.predicted.values()
    )


@metric(
    "typical_row_error_rate_predicted", "", "wrong readings, geometric mean over rows", "log", 1.0
)
def typical_row_error_rate_predicted(at: Evaluation) -> float:
    """Of the modulus that fares worst."""
    return max(typical(r.error_probability.mean((0, 1))) for r in at.predicted.values())


def typical(rates: Tensor) -> float:
    """Geometric mean of rates of rows (M,)."""
    return float(rates.clamp(min=LEAST_RATE).log().mean().exp())


@metric("phase_error_share", "", "rms phase error over half a cell, of the worst modulus")
def phase_error_share(at: Evaluation) -> float:
    """What is random and what repeats, together."""
    return max(
        float((r.offset_rad.square() + r.random_rad.square()).mean().sqrt()) * m / math.pi
        for m, r in at.predicted.items()
    )


@metric("repeated_error_share", "", "rms phase error that repeats, over half a cell")
def repeated_error_share(at: Evaluation) -> float:
    """Of the modulus that fares worst."""
    return max(
        float(r.offset_rad.square().mean().sqrt()) * m / math.pi for m, r in at.predicted.items()
    )


@metric("random_error_share", "", "rms phase error that is drawn anew, over half a cell")
def random_error_share(at: Evaluation) -> float:
    """Of the modulus that fares worst."""
    return max(
        float(r.random_rad.square().mean().sqrt()) * m / math.pi for m, r in at.predicted.items()
    )


@metric("wrong_without_noise", "", "readings that leaks and static errors alone turn wrong")
def wrong_without_noise(at: Evaluation) -> float:
    """Of the modulus that fares worst."""
    return max(systematic_floor(arrays, at.work).wrong for arrays in at.compiled.values())


@metric("floor_share", "", "rms phase error of leaks and static errors over half a cell")
def floor_share(at: Evaluation) -> float:
    """Of the modulus that fares worst."""
    floors = (systematic_floor(arrays, at.work) for arrays in at.compiled.values())
    return max(floor.rms_rad / floor.half_cell_rad for floor in floors)


@metric(
    "laser_power_for_target_w",
    "W",
    "light of a row at which the worst modulus errs at target_error_rate",
    "log",
)
def laser_power_for_target_w(at: Evaluation) -> float:
    """Found on the calibrated chip, whose trims stay as they are; infinite where a floor is higher.

    Rows of a modulus with a power of its own are dimmed alike, and what is told is that of the row
    that takes most.
    """
    chip, work, target = at.chip, at.work, math.log10(at.conditions.target_error_rate)
    nominal_w = max(chip.design.row_power_w(m) for m in chip.moduli)

    def excess(log_scale: float) -> float:
        arrays = compiled(_scaled(chip, math.exp(log_scale))).values()
        rates = [float(predict(each, work).error_probability.mean()) for each in arrays]
        return math.log10(max(*rates, LEAST_RATE)) - target

    low, high = math.log(_DIMMEST), math.log(min(_BRIGHTEST, _MOST_POWER_W / nominal_w))
    if excess(high) > 0.0:
        return math.inf
    if excess(low) < 0.0:
        return nominal_w * _DIMMEST
    found: float = float(brentq(excess, low, high, xtol=1e-2))
    return nominal_w * math.exp(found)


def _scaled(chip: Chip, factor: float) -> Chip:
    """The chip under another light."""
    return chip.with_design(chip.design.changed(chip.design.scaled_light(factor)))


@metric("symbol_error_rate_counted", "", "wrong readings counted, of the worst modulus", "log", 1.0)
def symbol_error_rate_counted(at: Evaluation) -> float:
    """Share of the readings that were made; none counts as half a reading."""
    return max(max(wrong, 0.5) / made for wrong, made in _counts(at).values())


@metric("residue_error_rate_counted", "", "wrong readings counted, of all moduli", "log", 1.0)
def residue_error_rate_counted(at: Evaluation) -> float:
    """Share of the readings that were made; none counts as half a reading."""
    counts = _counts(at).values()
    wrong, made = sum(w for w, _ in counts), sum(m for _, m in counts)
    return max(wrong, 0.5) / made


def _counts(at: Evaluation) -> dict[int, tuple[int, int]]:
    """Wrong readings and all of them, by modulus, without those that are redundant.

    Each vector of the workload is read once, whatever the machine does about errors.
    """
    found = at.__dict__.get("counts")
    if found is None:
        found = at.__dict__["counts"] = _count(at)
    counts: dict[int, tuple[int, int]] = found
    return counts


def _count(at: Evaluation) -> dict[int, tuple[int, int]]:
    stationary, streamed = at.work.drives[0].to(torch.int16), at.streamed.to(torch.int16)
    work = Operands(stationary[None], streamed[None], at.machine.bfp.max_dot)
    key = NoiseKey.from_seed(at.seed).fold("study", "counted")
    wrong = dict.fromkeys(at.small.moduli, 0)
    for block in at.reader.engine.blocks(work, key):
        exact = streamed[block.vectors].double() @ stationary[block.rows].double().T
        off = block.dots[0].double() - exact
        for modulus in wrong:
            wrong[modulus] += int((off.remainder(modulus) != 0).sum())
    made = len(streamed) * len(stationary)
    return {modulus: (count, made) for modulus, count in wrong.items()}
