r"""Thermal crosstalk between heaters: what they do to each other, and how to drive against it.

::

      p1    p2    p3
      ▒▒    ▒▒    ▒▒        φ = (π/P_π) K p,    K_ii = 1,  K_ij = κ(d_ij) + κ_glob
    ──━━────━━────━━──      p = (P_π/π) K⁻¹ φ   (pre-compensation; no power is negative)
       ╰κ1→ ╰κ1→
      ╰─── κ2 ───→

Positions are points in the plane, so neighbours along a row and between rows follow alike.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar

import torch
from pydantic import ValidationInfo, field_validator, model_validator
from torch import Tensor

from devices.parameters.matrix_file import read_matrix
from devices.parameters.part import Part, quantity
from devices.parameters.tree import NONE
from photonics.checks import positive_number, real_matrix
from photonics.errors import InputError
from photonics.random import NoiseKey
from photonics.representation import one_line
from photonics.thermal import (
    crosstalk_sum_variance_rad2,
    exponential_coupling,
    heat_sink_coupling,
    known_residual_variance_rad2,
)

_WORST_CONDITION = 1e8
_MOST_TURNS = 100
_ROUNDING = 1e-12


class ExponentialCoupling(Part):
    """Coupling that falls exponentially with distance, the usual fit to measurements."""

    nearest_coupling: float = quantity(
        0.01,
        "coupling κ1 between nearest neighbours",
        source="assumption: trenched; a few percent at 20 to 50 µm without trench. Measured "
        "against distance and trench by Jacques et al., Opt. Express 27, 10456 (2019)",
        ge=0,
        lt=1,
    )
    nearest_distance_m: float = quantity(
        50e-6,
        "distance d1 at which it holds",
        source="assumption: the heater pitch",
        gt=0,
        le=1,
    )
    decay_length_m: float = quantity(
        50e-6, "decay length Λ", source="assumption: one pitch", gt=0, le=1
    )

    def coupling(self, distance_m: Tensor) -> Tensor:
        """κ at a distance, of its shape."""
        return exponential_coupling(
            distance_m, self.nearest_coupling, self.nearest_distance_m, self.decay_length_m
        )


class HeatSinkCoupling(Part):
    """Coupling above a heat-sinking substrate, by the method of images; its tail is 1/d²."""

    height_m: float = quantity(
        3e-6,
        "height of the heater above the substrate",
        source="assumption: 3 µm of oxide",
        gt=0,
        le=1,
    )
    width_m: float = quantity(
        2e-6, "width of the heater", source="assumption: 2 µm metal", gt=0, le=1
    )

    def coupling(self, distance_m: Tensor) -> Tensor:
        """κ at a distance, of its shape."""
        return heat_sink_coupling(distance_m, self.height_m, self.width_m)


class HeaterCoupling(Part):
    """How heaters couple: by a law of distance, or as they were measured."""

    law: ExponentialCoupling | HeatSinkCoupling | None = quantity(
        ExponentialCoupling(),
        "how the coupling falls with distance: exponentially, or as above a heat sink; none where "
        "it was measured",
        source="assumption: the usual fit",
    )
    global_coupling: float = quantity(
        0.0,
        "coupling κ_glob of every pair, because the die warms as a whole; 0 where it was measured",
        source="assumption: package held at one temperature; see photonics.thermal for its value "
        "from the thermal resistance of a package",
        ge=0,
        lt=1,
    )
    measured: tuple[tuple[float, ...], ...] | None = quantity(
        None,
        "matrix K of heaters in a row, row by row, or the name of a csv or npy file that holds it",
        source="measurement or simulation of the heaters at hand",
    )
    stencil: tuple[tuple[float, ...], ...] | None = quantity(
        None,
        "what a heater of an array does to the shifters around it, line by line, or such a file",
        source="measurement or simulation of the heaters at hand",
    )

    files: ClassVar[tuple[str, ...]] = ("measured", "stencil")

    @model_validator(mode="before")
    @classmethod
    def _is_real(cls, given: Any) -> Any:
        if not isinstance(given, Mapping):
            return given
        found = {name: given[name] for name in cls.files if given.get(name) is not None}
        tables = {
            name: real_matrix(name, value).tolist()
            for name, value in found.items()
            if not isinstance(value, str)
        }
        paths = [value for value in found.values() if isinstance(value, str) and value != NONE]
        # What was measured takes the place of the default law, not of one that is given.
        return ({"law": None} if tables or paths else {}) | dict(given) | tables

    @field_validator(*files, mode="before")
    @classmethod
    def _from_file(cls, value: Any, info: ValidationInfo) -> Any:
        if not isinstance(value, str):
            return value
        # A part file names the matrix from where it stands itself.
        path = Path((info.context or {}).get("folder", ".")) / value
        matrix, where = read_matrix(path)
        if info.field_name == "measured":
            _require_coupling(matrix, len(matrix), where)
        _require_warmth(matrix, where)
        return matrix.tolist()

    @model_validator(mode="after")
    def _acts(self) -> HeaterCoupling:
        """Refuse what would be passed over in silence."""
        if self.measured is None and self.stencil is None:
            if self.law is None:
                raise InputError("law", None, "must be given where nothing was measured")
            return self
        told = "stencil" if self.measured is None else "measured"
        if self.measured is not None and self.stencil is not None:
            lines = f"{len(self.stencil)} lines"
            raise InputError("stencil", lines, "cannot act beside measured", "give one of them")
        if self.law is not None:
            raise InputError("law", self.law, f"cannot act beside {told}", "set law to none")
        if self.global_coupling:
            allowed = f"cannot act beside {told}, which holds all heat"
            raise InputError("global_coupling", self.global_coupling, allowed, "set it to 0")
        return self

    @model_validator(mode="after")
    def _is_coupling(self) -> HeaterCoupling:
        if self.stencil is not None:
            _require_warmth(torch.tensor(self.stencil, dtype=torch.float64))
        if self.measured is not None:
            if len({len(self.measured), *map(len, self.measured)}) != 1:
                found = [len(row) for row in self.measured]
                raise InputError("measured", found, "must have as many columns as rows in each row")
            matrix = self._measured_matrix(self.measured)
            _require_coupling(matrix, len(matrix))
            _require_warmth(matrix)
        return self

    @staticmethod
    def _measured_matrix(rows: tuple[tuple[float, ...], ...]) -> Tensor:
        return torch.tensor(rows, dtype=torch.float64)

    def matrix(self, positions_m: Tensor) -> Tensor:
        """Coupling matrix K, float64 (n, n), of heaters at ``positions_m`` (n, 2).

        A measured one knows no distances: it belongs to heaters in the order of the positions.

        Raises:
            InputError: positions of another shape, not finite, or two too close together; not as
                many as heaters were measured; or a stencil, which belongs to an array.
        """
        if self.stencil is not None:
            lines = f"{len(self.stencil)} lines"
            raise InputError("stencil", lines, "belongs to an array", "give measured or a law")
        place = positions_m.to(torch.float64)
        if place.ndim != 2 or place.shape[1] != 2 or not bool(place.isfinite().all()):
            raise InputError(
                "positions_m", tuple(place.shape), "must be finite and of shape (n, 2)"
            )
        if self.measured is not None:
            if len(place) != len(self.measured):
                raise InputError(
                    "positions_m", len(place), f"must be {len(self.measured)}, as were measured"
                )
            return self._measured_matrix(self.measured)
        apart = (place[:, None] - place[None]).square().sum(dim=-1).sqrt()
        apart.fill_diagonal_(math.inf)
        coupling = self.by_distance(apart)
        if bool(((coupling >= 1.0) | (apart == 0.0)).any()):
            i, j = divmod(int(apart.argmin()), len(place))
            raise InputError(
                f"positions_m[{i}], positions_m[{j}]",
                float(apart[i, j]),
                "must be further apart: one heater would warm the other as much as itself",
            )
        return coupling.fill_diagonal_(1.0)

    def by_distance(self, distance_m: Tensor) -> Tensor:
        """κ at a distance by the law and of the whole die, of its shape; the law must be given."""
        assert self.law is not None
        return self.law.coupling(distance_m) + self.global_coupling

    def at(self, positions_m: Tensor, p_pi_w: float) -> ThermalCrosstalk:
        """The crosstalk of heaters at ``positions_m`` (n, 2), each of P_π ``p_pi_w``."""
        return ThermalCrosstalk(self.matrix(positions_m), p_pi_w)


def grid_positions_m(rows: int, columns: int, row_pitch_m: float, column_pitch_m: float) -> Tensor:
    """Positions (rows · columns, 2) in m of a regular grid, row after row."""
    y = torch.arange(rows, dtype=torch.float64) * row_pitch_m
    x = torch.arange(columns, dtype=torch.float64) * column_pitch_m
    return torch.cartesian_prod(y, x).reshape(-1, 2)


@dataclass(frozen=True, eq=False)
class ThermalCrosstalk:
    """Heaters that warm each other.

    Args:
        matrix: K, (n, n); K[i, j] is the phase of shifter i, in π, for P_π in heater j.
        p_pi_w: power that gives a phase of π where K_ii = 1.

    Raises:
        InputError: a matrix that is not square, not finite, has a diagonal that is not positive,
            couples a neighbour more strongly than itself, or cannot be inverted.
    """

    matrix: Tensor
    p_pi_w: float

    __repr__ = one_line

    def __post_init__(self) -> None:
        object.__setattr__(self, "p_pi_w", positive_number("p_pi_w", self.p_pi_w))
        object.__setattr__(self, "matrix", real_matrix("matrix", self.matrix))
        _require_coupling(self.matrix, self.matrix.shape[0])
        condition = float(torch.linalg.cond(self.matrix, 1))
        if not condition < _WORST_CONDITION:
            raise InputError(
                "matrix", f"condition {condition:.3g}", "cannot be inverted", "weaken the coupling"
            )

    @classmethod
    def from_file(cls, path: str | Path, count: int, p_pi_w: float) -> ThermalCrosstalk:
        """Crosstalk of ``count`` heaters, measured, from a ``.csv`` or ``.npy`` file of K.

        Raises:
            InputError: naming the element, what is allowed, the file and the line.
        """
        matrix, where = read_matrix(Path(path))
        _require_coupling(matrix, count, where)
        return cls(matrix, p_pi_w)

    def phase_rad(self, power_w: Tensor) -> Tensor:
        """Phases in rad, (..., n), of all shifters for heater powers in W, (..., n)."""
        return power_w.to(torch.float64) @ self.matrix.T * (math.pi / self.p_pi_w)

    def error_rad(self, setpoint_rad: Tensor) -> Tensor:
        """Error in rad, (..., n), when every heater is set as if it were alone."""
        alone_w = setpoint_rad.to(torch.float64) * (self.p_pi_w / math.pi)
        return self.phase_rad(alone_w) - setpoint_rad

    def error_sum_variance_rad2(self, setpoint_variance_rad2: float) -> float:
        """Variance in rad² of that error summed over all shifters, over independent set-points."""
        return crosstalk_sum_variance_rad2(self.matrix, setpoint_variance_rad2)

    def power_w(self, target_rad: Tensor) -> Tensor:
        """Pre-compensated powers in W, (..., n), that make ``phase_rad`` hit ``target_rad``.

        Raises:
            InputError: where a heater would have to cool; ``added_turns`` mends it.
        """
        own_rad = self._own_rad(target_rad)
        if bool((own_rad < -_ROUNDING).any()):
            worst = int(own_rad.argmin())
            raise InputError(
                f"target_rad[{worst % own_rad.shape[-1]}]",
                float(target_rad.flatten()[worst]),
                f"is less than its neighbours give already, by {-float(own_rad.min()):.3g} rad",
                "add 2π to it (added_turns says where)",
            )
        return own_rad.clamp_min(0.0) * (self.p_pi_w / math.pi)

    def added_turns(self, target_rad: Tensor) -> Tensor:
        """Fewest whole turns, int64 (..., n), to add to each target so that none must cool.

        Adds a turn wherever the power is negative, until it is nowhere.  As long as K⁻¹ is
        negative off its diagonal (one heater's warmth only ever saves another's power), every
        step is forced, so no heater could do with fewer.

        Raises:
            InputError: when no reasonable number of turns will do.
        """
        target = target_rad.to(torch.float64)
        turns = torch.zeros_like(target, dtype=torch.int64)
        for _ in range(_MOST_TURNS):
            cold = self._own_rad(target + 2.0 * math.pi * turns) < -_ROUNDING
            if not bool(cold.any()):
                return turns
            turns += cold
        raise InputError(
            "matrix", tuple(self.matrix.shape), "couples too strongly to be driven", "add trenches"
        )

    def known_to(
        self, key: NoiseKey, coupling_error: float, efficiency_error: float
    ) -> ThermalCrosstalk:
        """These heaters as a controller knows them, with independent Gaussian errors.

        Args:
            key: names the draw.
            coupling_error: rms relative error of every off-diagonal element.
            efficiency_error: rms relative error of every heater's efficiency (its column).
        """
        n = len(self.matrix)
        coupling = key.fold("thermal coupling").normal(0, n * n).reshape(n, n)
        efficiency = key.fold("heater efficiency").normal(0, n)
        factor = 1.0 + coupling_error * coupling.fill_diagonal_(0.0)
        return ThermalCrosstalk(
            self.matrix * factor * (1.0 + efficiency_error * efficiency), self.p_pi_w
        )

    def residual_rad(self, target_rad: Tensor, known: ThermalCrosstalk) -> Tensor:
        """Error in rad, (..., n), when the powers are computed from what is ``known``."""
        return self.phase_rad(known.power_w(target_rad)) - target_rad

    def residual_variance_rad2(
        self, target_rad: Tensor, coupling_error: float, efficiency_error: float
    ) -> Tensor:
        """Variance in rad², (n,), of ``residual_rad`` over ``known_to``, to first order."""
        own_rad = self._own_rad(target_rad)
        return known_residual_variance_rad2(self.matrix, own_rad, coupling_error, efficiency_error)

    def _own_rad(self, target_rad: Tensor) -> Tensor:
        """Phase that each heater must give its own shifter: K⁻¹ φ."""
        return target_rad.to(torch.float64) @ self._inverse.T

    @cached_property
    def _inverse(self) -> Tensor:
        inverse: Tensor = torch.linalg.inv(self.matrix)
        return inverse


def _require_warmth(matrix: Tensor, where: Callable[[int], str] = lambda row: "") -> None:
    """Refuse what no heater does to a shifter; ``where`` names a row."""
    _refuse(matrix, matrix < 0.0, "must be at least 0: no heater cools", where)


def _require_coupling(
    matrix: Tensor, count: int, where: Callable[[int], str] = lambda row: ""
) -> None:
    """Refuse a matrix that is no coupling matrix of ``count`` heaters; ``where`` names a row."""
    if tuple(matrix.shape) != (count, count):
        raise InputError(
            "matrix",
            tuple(matrix.shape),
            f"must be {count} by {count}, one row per heater",
            where(0),
        )

    own = matrix.diagonal()
    off = ~torch.eye(count, dtype=torch.bool)
    _refuse(matrix, ~matrix.isfinite(), "must be finite", where)
    _refuse(matrix, torch.diag(own <= 0.0), "must be positive, on the diagonal", where)
    too_strong = off & (matrix.abs() >= own)
    _refuse(matrix, too_strong, "must be smaller than its column's diagonal", where)


def _refuse(matrix: Tensor, bad: Tensor, allowed: str, where: Callable[[int], str]) -> None:
    """Refuse the first element that is bad."""
    if bool(bad.any()):
        i, j = (int(index) for index in bad.nonzero()[0])
        raise InputError(f"matrix[{i}, {j}]", float(matrix[i, j]), allowed, where(i))
