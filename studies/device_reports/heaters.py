"""Thermal crosstalk: decay with distance, the matrix of a row, and what compensation leaves."""

from __future__ import annotations

import math

import torch

from devices.heat.thermal_crosstalk import (
    ExponentialCoupling,
    HeaterCoupling,
    HeatSinkCoupling,
    ThermalCrosstalk,
    grid_positions_m,
)
from devices.shifters.thermo_optic import ThermoOpticShifter
from studies.device_reports.curves import DeviceReport, Mark, Matrix, Number, Panel, decades

_HEATERS = 16
_PITCH_M = 50e-6
_NOTHING_MRAD = 1e-9


def heater_coupling(part: HeaterCoupling) -> DeviceReport:
    """A row of heaters 50 µm apart, or as far as the law says, or those that were measured."""
    if part.stencil is not None:
        return _stencil(torch.tensor(part.stencil, dtype=torch.float64))
    if part.measured is not None:
        return _measured(part)
    pitch_m = pitch(part)
    row = row_of_heaters(part)
    error = row.error_sum_variance_rad2((2.0 * math.pi) ** 2 / 12.0)
    return DeviceReport(
        numbers=[
            Number("pitch_m", pitch_m, f"of the row of {_HEATERS} heaters shown"),
            Number("nearest_coupling_ratio", float(row.matrix[0, 1]), "to the next heater"),
            Number("farthest_coupling_ratio", float(row.matrix[0, -1]), "from end to end"),
            Number("sum_error_rms_rad", math.sqrt(error), "of the row's sum, not compensated"),
        ],
        panels=[decay(part), matrix(row), residual(row)],
    )


def _measured(part: HeaterCoupling) -> DeviceReport:
    """Heaters of which nothing is known but their matrix."""
    row = row_of_heaters(part)
    off = row.matrix - row.matrix.diagonal().diag()
    error = row.error_sum_variance_rad2((2.0 * math.pi) ** 2 / 12.0)
    return DeviceReport(
        numbers=[
            Number("heaters_count", len(row.matrix), "measured"),
            Number("largest_coupling_ratio", float(off.max()), "of any heater to another"),
            Number("sum_error_rms_rad", math.sqrt(error), "of the row's sum, not compensated"),
        ],
        panels=[matrix(row), residual(row)],
    )


def _stencil(lines: torch.Tensor) -> DeviceReport:
    """Neighbours of a heater; which line is which the array knows that they belong to."""
    logarithm = lines.clamp_min(1e-9).log10()
    return DeviceReport(
        numbers=[
            Number("lines_count", lines.shape[0], "of shifters around heaters"),
            Number("places_count", lines.shape[1], "of each line"),
        ],
        panels=[Matrix("Stencil", "place away", "line", "log₁₀ K", logarithm)],
    )


def law(part: ExponentialCoupling | HeatSinkCoupling) -> DeviceReport:
    """A law of coupling in a row that has no other."""
    return heater_coupling(HeaterCoupling(law=part))


def pitch(part: HeaterCoupling) -> float:
    """Pitch in m at which a coupling is shown."""
    return part.law.nearest_distance_m if isinstance(part.law, ExponentialCoupling) else _PITCH_M


def row_of_heaters(part: HeaterCoupling) -> ThermalCrosstalk:
    """Heaters in a row at that pitch."""
    count = _HEATERS if part.measured is None else len(part.measured)
    positions = grid_positions_m(1, count, 0.0, pitch(part))
    return part.at(positions, ThermoOpticShifter().p_pi_w)


def decay(part: HeaterCoupling) -> Panel:
    """Coupling against distance."""
    pitch_m = pitch(part)
    distance_m = decades(pitch_m / 2.0, pitch_m * _HEATERS)
    assert part.law is not None
    local = part.law.coupling(distance_m)
    curves = {"through the chip": local}
    if part.global_coupling > 0.0:
        curves["with the whole die"] = local + part.global_coupling
    return Panel(
        "Decay with distance",
        "distance / µm",
        "coupling κ",
        distance_m * 1e6,
        # Below a billionth a coupling is nothing, and would only stretch the axis.
        {name: torch.where(values > 1e-9, values, math.nan) for name, values in curves.items()},
        [Mark("x", pitch_m * 1e6, "pitch")],
        x_log=True,
        y_log=True,
    )


def matrix(row: ThermalCrosstalk) -> Matrix:
    """The coupling matrix of the row."""
    logarithm = row.matrix.clamp_min(1e-9).log10()
    return Matrix("Coupling matrix", "heater", "shifter", "log₁₀ K", logarithm)


def residual(row: ThermalCrosstalk) -> Panel:
    """What pre-compensation leaves when the matrix is known to some percent; all phases π."""
    target_rad = torch.full((len(row.matrix),), math.pi, dtype=torch.float64)
    known = decades(1e-4, 1e-1, 20)

    def rms_mrad(coupling: float, efficiency: float) -> list[float]:
        variances = [
            row.residual_variance_rad2(target_rad, coupling * float(e), efficiency * float(e))
            for e in known
        ]
        return [1e3 * math.sqrt(float(v.mean())) for v in variances]

    curves = {
        "couplings known to that": torch.tensor(rms_mrad(1.0, 0.0), dtype=torch.float64),
        "efficiencies known to that": torch.tensor(rms_mrad(0.0, 1.0), dtype=torch.float64),
    }
    alone = row.error_rad(target_rad).square().mean().sqrt()
    # Where nothing couples nothing is left, and a logarithmic axis has no place for it.
    shown = {name: v for name, v in curves.items() if float(v.max()) > _NOTHING_MRAD}
    alone_mrad = 1e3 * float(alone)
    marks = [Mark("y", alone_mrad, "not compensated")] if alone_mrad > _NOTHING_MRAD else []
    return Panel(
        "Left by pre-compensation, all at π",
        "relative error of what is known / %",
        "rms error of a phase / mrad",
        known * 100.0,
        shown,
        marks,
        x_log=True,
        y_log=True,
    )
