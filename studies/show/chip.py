"""One chip: as the fab made it, calibrated, drifted since, and set back by pilots."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

from torch import Tensor

from circuits import calibrate_with_report, drifted, fabricate, load_chip, save_chip, tracked
from circuits.analysis.error_budget import ErrorBudget, error_budget
from circuits.chip.chip import Chip
from circuits.control.controller import MOST_MISFIT
from circuits.control.report import CalibrationReport, Residual
from mirage_core.core.tensor_core import TensorCore
from mirage_core.machine.config import MachineConfig
from photonics.random import NoiseKey
from studies.report.budget_figures import digits_before_after
from studies.report.figures import save
from studies.report.files import make_output_folder
from studies.report.tables import console, print_table
from studies.show.error_budget import rate_text, workload
from studies.show.trimmers import trimmer_text, trimmers_json
from studies.show.wander import print_wander

_VECTORS = 1000
# Name of a residual, its unit, and the factor that brings it there.
_SHOWN = {
    "digit_rad": ("phase of a digit", "mrad", 1e3),
    "row_rad": ("phase of a row", "mrad", 1e3),
    "drive": ("gain of a drive", "10^-6", 1e6),
    "gain": ("gain of Q over I", "10^-3", 1e3),
    "quadrature_rad": ("right angle of Q to I", "mrad", 1e3),
    "offset": ("offset over common mode", "10^-3", 1e3),
}


def show(machine: MachineConfig, load: Path | None, file: Path | None, out: Path | None) -> Any:
    """Print a machine's chip; save it, and pictures of it, where asked.

    Args:
        machine: whose chip is made.
        load: file of a chip to take in place of one made from the machine's ``chip_seed``.
        file: where to save the chip, ready to be used.
        out: folder for figures.
    """
    if out is not None:
        make_output_folder(out)
    loaded = {}
    if load is None:
        moduli, shape = machine.all_moduli.moduli, machine.array_shape
        raw = fabricate(machine.design, moduli, shape, machine.chip_seed)
    else:
        # A chip that does not fit the machine is refused as by any core.
        loaded["as loaded"] = TensorCore(machine, chip=load_chip(load)).chip
        raw = loaded["as loaded"].with_trims({})
    calibrated, report = calibrate_with_report(raw)
    aged = drifted(calibrated)
    states = {"as fabricated": raw} | loaded
    states |= {"calibrated": calibrated} if report.arrays else {}
    states |= {"after drift": aged} if aged.drifts else {}
    states |= {"set back by pilots": tracked(aged)} if aged.drifts else {}
    budgets = {name: _budgets(machine, chip) for name, chip in states.items()}
    rates = {
        name: {b.modulus: b.symbol_error_rate for b in found} for name, found in budgets.items()
    }
    _print(calibrated, machine, report, rates)
    last = list(states.values())[-1]
    wander = print_wander(last)
    if out is not None:
        for modulus, arrays in report.arrays.items():
            before, after = (x.digit_rad.numpy() for x in (arrays.before, arrays.after))
            figure = digits_before_after(before, after, arrays.digit_error_rad, modulus)
            save(figure, out / f"chip_{modulus}.png")
    if file is not None:
        save_chip(last, file)
        console().print(f"saved to {file}")
    return {
        "machine": machine.name,
        "seed": raw.seed,
        "predicted_error_rates": rates,
        **trimmers_json(calibrated),
        **wander,
        "moduli": {m: arrays.numbers() for m, arrays in report.arrays.items()},
    }


def _mantissas(machine: MachineConfig) -> Tensor:
    """Streamed mantissas, half of them zeros, the rest uniform: (vectors, J)."""
    length, top = machine.bfp.group_size, machine.bfp.max_mantissa
    key, count = NoiseKey.from_seed(0).fold("show chip"), _VECTORS * length
    value = (key.fold("value").uniform(0, count) * (2 * top + 1)).long() - top
    return (value * (key.fold("zero").uniform(0, count) < 0.5)).view(_VECTORS, length)


def _budgets(machine: MachineConfig, chip: Chip) -> list[ErrorBudget]:
    """Error budget of every modulus."""
    work, ready = workload(machine, _mantissas(machine)), chip.with_design(machine.design)
    return [error_budget(ready, m, work) for m in chip.moduli]


def _print(
    calibrated: Chip,
    machine: MachineConfig,
    report: CalibrationReport,
    rates: dict[str, dict[int, float]],
) -> None:
    if report.arrays:
        _print_report(calibrated, machine, report)
    else:
        console().print(f"{machine.name} does not calibrate its chips (calibration.policy=none)")
    console().print(
        "Predicted error rates of a reading, for mantissas of which half are zeros, the rest "
        "uniform:"
    )
    print_table(
        "",
        ("modulus", *rates),
        [
            (str(m), *(rate_text(by_state[m]) for by_state in rates.values()))
            for m in machine.all_moduli.moduli
        ],
    )


def _print_report(calibrated: Chip, machine: MachineConfig, report: CalibrationReport) -> None:
    before, after = "{} before", "{} after"
    heads = [head.format(m) for m in report.arrays for head in (before, after)]
    rows = []
    for name, (title, unit, factor) in _SHOWN.items():
        found = []
        for arrays in report.arrays.values():
            found += [_rms(arrays.before, name, factor), _rms(arrays.after, name, factor)]
        rows.append((title, unit, *found))
    expected = []
    for arrays in report.arrays.values():
        expected += ["", f"{1e3 * arrays.digit_error_rad:.3g}"]
    rows.insert(1, ("  as the controller expects", "mrad", *expected))
    print_table(
        f"Chip {calibrated.seed} of {machine.name}: what is wrong, rms; of leaks, their mean",
        ("deviation", "unit", *heads),
        rows,
        text=("unit",),
    )
    reports = report.arrays.values()
    misfit = max(x.worst_misfit for x in reports)
    if misfit > MOST_MISFIT:
        console().print(
            f"readings scatter {math.sqrt(misfit):.3g} times more than the design expects: "
            "leaks, crosstalk or flaws that no trim takes out",
            soft_wrap=True,
        )
    # Arrays of all moduli are read side by side.
    longest = max(reports, key=lambda x: x.time_s)
    console().print(
        f"{longest.reads} patterns read on every row and {longest.loads} sets of drives: "
        f"{1e3 * longest.time_s:.3g} ms",
        trimmer_text(calibrated),
        sep="\n",
    )


def _rms(residual: Residual, name: str, factor: float) -> str:
    return f"{factor * residual.rms()[name]:.3g}"
