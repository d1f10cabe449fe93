"""The noise and error budget of a machine for the data that a real network streams through it."""

from __future__ import annotations

import math
from dataclasses import asdict
from typing import Any

import torch
from matplotlib.figure import Figure
from torch import Tensor

from circuits.analysis.error_budget import TAIL, ErrorBudget, error_budget
from circuits.analysis.timing import row_timing
from circuits.analysis.workload import Workload
from mirage_core.core.tensor_core import TensorCore
from mirage_core.machine.config import MachineConfig
from photonics.random import NoiseKey
from studies.report.budget_figures import budget_waterfall
from studies.report.tables import console, print_table

_VECTORS = 2000
# Rms of a phase of which nothing is known.
ANY_RAD = math.pi / math.sqrt(3.0)
# Contributions below this share of the largest are named, not listed.
_LISTED = 1e-4
# To which error rates are worked out.
_LEAST_RATE = 1e-15


def workload(machine: MachineConfig, streamed: Tensor) -> Workload:
    """What is streamed first, mantissas (vectors, J), through one array with uniform drives."""
    rows, length, top = machine.array.rows, machine.bfp.group_size, machine.bfp.max_mantissa
    uniform = NoiseKey.from_seed(0).fold("error budget").uniform(0, rows * length)
    drives = (uniform * (2 * top + 1)).long().view(1, rows, length) - top
    return Workload(streamed[:_VECTORS].long(), drives, torch.zeros(1, dtype=torch.int64))


def error_budgets(machine: MachineConfig, streamed: Tensor) -> list[ErrorBudget]:
    """Budget of every modulus on the machine's own chip, the worst one first."""
    chip, work = TensorCore(machine).chip, workload(machine, streamed)
    budgets = [error_budget(chip, m, work) for m in machine.all_moduli.moduli]
    return sorted(budgets, key=lambda b: -b.symbol_error_rate)


def waterfall_rows(budget: ErrorBudget) -> list[dict[str, Any]]:
    """Contributions as plain rows, largest first."""
    return [
        {
            "name": c.name,
            "kind": c.kind,
            "rms_mrad": 1e3 * c.rms_rad,
            "constant_mrad": 1e3 * c.offset_rad,
            "tail_mrad": 1e3 * c.tail_rad,
            "share": c.rms_rad / budget.half_cell_rad,
        }
        for c in budget.contributions
    ]


def waterfall(name: str, budget: ErrorBudget) -> Figure:
    """Picture of the contributions that count, largest first."""
    counted = [c for c in budget.contributions if c.rms_rad > _LISTED * budget.dominant.rms_rad]
    rows = [(c.name, 1e3 * c.rms_rad, c.kind) for c in counted]
    title = f"Phase errors of {name}, m = {budget.modulus}"
    return budget_waterfall(rows, 1e3 * budget.half_cell_rad, title)


def print_error_budgets(machine: MachineConfig, budgets: list[ErrorBudget]) -> None:
    """Print the worst modulus in full, and the sums of all."""
    worst = budgets[0]
    listed = [c for c in worst.contributions if c.rms_rad > _LISTED * worst.dominant.rms_rad]
    print_table(
        f"Error budget of {machine.name}, modulus {worst.modulus}: half a cell is "
        f"{_mrad(worst.half_cell_rad)} mrad",
        ("contribution", "mrad rms", "of half a cell", "constant", f"{100 * TAIL:g} %", "kind"),
        [
            (
                c.name,
                _mrad(c.rms_rad),
                _share(c.rms_rad, worst.half_cell_rad),
                _mrad(c.offset_rad) if c.offset_rad else "",
                _mrad(c.tail_rad),
                c.kind,
            )
            for c in listed
        ],
        text=("kind",),
    )
    say = console().print
    rest = [c.name for c in worst.contributions if c not in listed]
    if rest:
        say(f"below {_LISTED:g} of the largest: {', '.join(rest)}")
    print_table(
        "Altogether",
        ("modulus", "random", "systematic", "of half a cell", "symbol error rate", "worst row"),
        [
            (
                str(b.modulus),
                f"{_mrad(b.random_rms_rad)} mrad",
                f"{_mrad(b.systematic_rms_rad)} mrad",
                _share(b.total_rms_rad, b.half_cell_rad),
                rate_text(b.symbol_error_rate),
                rate_text(b.worst_row_error_rate),
            )
            for b in budgets
        ],
    )
    say(f"dominant: {worst.dominant.name}; change {worst.remedy.remedy}")
    if worst.remedy.overrides:
        say(f"at its limit with --set {' --set '.join(worst.remedy.overrides)}")
    say(
        f"the splitters of the rails cost {worst.splitter_loss_db:.2g} dB of amplitude and turn "
        "no phase"
    )
    left_rad = row_timing(machine.design, worst.modulus, machine.bfp.group_size).load_left_rad
    if left_rad:
        say(
            "the first symbol of a tile errs by what is left of the steps of its drives, too: "
            f"{_mrad(left_rad)} mrad of the largest"
        )
    say("")


def rate_text(rate: float) -> str:
    """An error rate, or that it lies below what the law of decisions can tell."""
    return f"{rate:.1e}" if rate > _LEAST_RATE else f"< {_LEAST_RATE:.0e}"


def error_budgets_json(budgets: list[ErrorBudget]) -> list[dict[str, Any]]:
    """The budgets as plain data."""
    return [
        {
            **{k: v for k, v in asdict(b).items() if k not in ("contributions", "remedy")},
            "half_cell_rad": b.half_cell_rad,
            "total_rms_rad": b.total_rms_rad,
            "dominant": _dominant(b),
            "contributions": waterfall_rows(b),
        }
        for b in budgets
    ]


def _dominant(budget: ErrorBudget) -> dict[str, Any]:
    remedy = budget.remedy
    return {
        "name": budget.dominant.name,
        "remedy": remedy.remedy,
        "limit": list(remedy.overrides),
    }


def _mrad(phase_rad: float) -> str:
    return _number(1e3 * phase_rad) if phase_rad < ANY_RAD else f"> {1e3 * ANY_RAD:.0f}"


def _share(phase_rad: float, half_cell_rad: float) -> str:
    share = 100 * min(phase_rad, ANY_RAD) / half_cell_rad
    return f"{'> ' if phase_rad > ANY_RAD else ''}{_number(share)} %"


def _number(value: float) -> str:
    return f"{value:.0f}" if value >= 1000.0 else f"{value:.3g}"
