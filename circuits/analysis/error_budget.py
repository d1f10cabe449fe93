"""Noise and error budget of the readings of one modulus, for stated data on a given chip.

Each contribution is worked out alone, from the parameters of its part and the amplitude that the
data leave.  Random ones are rms values σ/A over the readings; what repeats with the data is put
through the model (:mod:`circuits.analysis.optical_errors`,
:mod:`circuits.analysis.receiver_errors`).
Contributions that repeat are bounded and not Gaussian: adding them in quadrature says what they
are on average, not how often a reading errs.  The predicted error rate therefore does not come from
the sum but from all readings one by one (:mod:`circuits.analysis.predicted_errors`).

Legend of shapes: G tile, N streamed vector, M row.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
from torch import Tensor

from circuits.analysis.impairments import DRIVE_NOISE, SPLITTER, Impairment, impairments
from circuits.analysis.optical_errors import DRIFTS, optical_errors
from circuits.analysis.predicted_errors import predict
from circuits.analysis.receiver_errors import (
    Reception,
    repeated_errors,
    shared_errors,
    white_errors,
)
from circuits.analysis.workload import Workload
from circuits.chip.chip import Chip
from circuits.chip.compiling import compile_arrays
from circuits.coding.array_shape import check_modulus
from circuits.compiled.arrays import CompiledArrays
from photonics.checks import instance_of
from photonics.representation import one_line

Lifetime = Literal["per symbol", "shared by rows", "per load", "static", "per calibration"]
TAIL = 0.999


@dataclass(frozen=True)
class Contribution:
    """One cause of phase error.

    Attributes:
        name: what it is.
        kind: ``per symbol``: white, drawn for every reading; ``shared by rows``: one draw for
            all rows of an array in a symbol; ``per load``: drawn when drives are loaded, and held
            until the next; ``static``: repeats with the data; ``per calibration``: stays until the
            next one.
        rms_rad: rms phase error over the readings.
        offset_rad: the part of it that the data do not change, rms over rows with their drives.
        tail_rad: random: its rms for the readings that only 0.1 % exceed; else: the error that
            only 0.1 % exceed.
    """

    name: str
    kind: Lifetime
    rms_rad: float
    offset_rad: float
    tail_rad: float


@dataclass(frozen=True)
class ErrorBudget:
    """What turns the phase of the readings of one modulus, and how often that decides wrongly.

    Attributes:
        modulus: m.
        contributions: largest first.
        random_rms_rad: of all that is drawn anew, together.
        systematic_rms_rad: of all that repeats, together, as it adds up on this chip.
        symbol_error_rate: share of readings decided wrongly, averaged over them.
        worst_row_error_rate: of the row that fares worst.
        splitter_loss_db: amplitude lost because the rails are not fed alike; no phase comes of it.
        remedy: how the largest contribution is switched off, and made smaller.
    """

    modulus: int
    contributions: tuple[Contribution, ...]
    random_rms_rad: float
    systematic_rms_rad: float
    symbol_error_rate: float
    worst_row_error_rate: float
    splitter_loss_db: float
    remedy: Impairment

    __repr__ = one_line

    @property
    def half_cell_rad(self) -> float:
        """Phase error from which on a reading is wrong."""
        return math.pi / self.modulus

    @property
    def total_rms_rad(self) -> float:
        """Rms phase error of all together."""
        return math.hypot(self.random_rms_rad, self.systematic_rms_rad)

    @property
    def dominant(self) -> Contribution:
        """The largest contribution."""
        return self.contributions[0]

    def contribution(self, name: str) -> Contribution:
        """One by name."""
        return next(c for c in self.contributions if c.name == name)


def error_budget(
    chip: Chip, modulus: int, work: Workload, compiled: CompiledArrays | None = None
) -> ErrorBudget:
    """Budget of the arrays of one modulus of a chip for a workload.

    Args:
        chip: calibrated or raw.
        modulus: which arrays.
        work: what they multiply.
        compiled: those arrays, where they have been compiled before.

    Raises:
        InputError: if the workload does not fit the chip, or either is something else.
    """
    instance_of("chip", chip, Chip, "load a chip's file by load_chip")
    instance_of("work", work, Workload)
    modulus = check_modulus(modulus)
    light, arrays = optical_errors(chip, modulus, work), chip.arrays(modulus)
    compiled = compile_arrays(arrays, chip.design) if compiled is None else compiled
    reception, readings = Reception(compiled, work), predict(compiled, work)
    rates = readings.error_probability
    contributions = [
        *_random(white_errors(reception, light.intended), "per symbol"),
        *_random(shared_errors(reception, light.intended), "shared by rows"),
        *_random({DRIVE_NOISE: reception.drives_rms_rad}, "per load"),
        *_repeated(repeated_errors(reception, light.intended)),
        *_repeated(light.turned_rad),
        Contribution(SPLITTER, "static", 0.0, 0.0, 0.0),
    ]
    contributions.sort(key=lambda c: -c.rms_rad)
    input_field = arrays.input_field[work.unit, : work.drives.shape[1]]
    return ErrorBudget(
        modulus=modulus,
        contributions=tuple(contributions),
        random_rms_rad=_rms(readings.random_rad),
        systematic_rms_rad=_rms(readings.offset_rad),
        symbol_error_rate=float(rates.mean()),
        worst_row_error_rate=float(rates.mean(1).max()),
        splitter_loss_db=_splitter_loss_db(input_field),
        remedy=impairments(chip.design.multiplier)[contributions[0].name],
    )


def _random(errors: dict[str, Tensor], kind: Lifetime) -> Iterator[Contribution]:
    """From rms errors of readings."""
    for name, rms in errors.items():
        yield Contribution(name, kind, _rms(rms), 0.0, _tail(rms))


def _repeated(errors: dict[str, Tensor]) -> Iterator[Contribution]:
    """From errors of readings."""
    for name, error in errors.items():
        kind: Lifetime = "per calibration" if name in DRIFTS else "static"
        yield Contribution(name, kind, _rms(error), _rms(error.mean(1)), _tail(error.abs()))


def _splitter_loss_db(input_field: Tensor) -> float:
    """Mean loss of amplitude, the product of both rails, behind fields (..., S)."""
    return max(0.0, float(-20.0 * input_field.abs().prod(-1).log10().mean()))


def _rms(error_rad: Tensor) -> float:
    return float(error_rad.square().mean().sqrt())


def _tail(error_rad: Tensor) -> float:
    return float(np.quantile(error_rad.numpy(), TAIL))
