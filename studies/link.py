"""The link budget of a machine as rows of a table."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import torch
from torch import Tensor

from circuits.budget import LINEAR_POWER_W, Budget
from circuits.phase_code import digits
from mirage_core.learning.datasets import Dataset
from mirage_core.machine import MachineConfig
from studies.output import console, print_table

TARGET = 1e-6
PERCENTILE = 99.9


@dataclass(frozen=True)
class LinkRow:
    """Budget of the units of one modulus.

    Attributes:
        modulus: m.
        power_w: laser power of a unit.
        rail_loss_db: loss of each rail: median, stated percentile, and worst input.
        symbol_error_rate: from shot and amplifier noise behind each of those losses.
        closing_power_w: laser power for an error rate of ``TARGET`` at the percentile, and for
            1e-9 at the worst input.
        spread_s: difference of delay between the slowest and the fastest input.
        settles: whether that spread fits into a symbol.
        is_linear: whether the power in a rail is within the validity of the model.
    """

    modulus: int
    power_w: float
    rail_loss_db: tuple[float, float, float]
    symbol_error_rate: tuple[float, float, float]
    closing_power_w: tuple[float, float]
    spread_s: float
    settles: bool
    is_linear: bool


def link_rows(machine: MachineConfig, streamed: Tensor) -> list[LinkRow]:
    """Budget of every modulus for streamed mantissas (..., J)."""
    rows = []
    for modulus in machine.lane_set.moduli:
        budget = Budget(machine, modulus, machine.bfp.group_size)
        bits = digits(torch.remainder(streamed.long(), modulus), modulus)
        quantiles = torch.tensor([0.5, PERCENTILE / 100], dtype=torch.float64)
        median, tail = torch.quantile(budget.gain.rail_loss_db(bits).flatten(), quantiles).tolist()
        points = (budget.at_loss(median), budget.at_loss(tail), budget.worst())
        rows.append(
            LinkRow(
                modulus=modulus,
                power_w=machine.unit_power_w(modulus),
                rail_loss_db=(median, tail, points[2].rail_loss_db),
                symbol_error_rate=(
                    points[0].symbol_error_rate,
                    points[1].symbol_error_rate,
                    points[2].symbol_error_rate,
                ),
                closing_power_w=(
                    budget.closing_power_w(TARGET, tail),
                    budget.closing_power_w(1e-9, points[2].rail_loss_db),
                ),
                spread_s=budget.delay_spread_s(),
                settles=budget.settles(machine.array.clock_hz),
                is_linear=budget.is_linear(),
            )
        )
    return rows


def streamed_pixels(machine: MachineConfig, data: Dataset) -> Tensor:
    """Mantissas of the data set's images as a fully connected layer streams them, (N, G, J)."""
    return machine.bfp.quantize(data.train_x.flatten(1)).mantissa


def print_link(machine: MachineConfig, rows: list[LinkRow], what: str) -> None:
    """Print the budget, with its verdicts."""
    tail = f"{PERCENTILE:g} %"
    print_table(
        f"Link budget of {machine.name}: {what}",
        (
            "modulus",
            "laser",
            f"rail loss: median / {tail} / worst",
            f"error rate from noise: {tail} / worst",
            f"laser for {TARGET:.0e} at {tail}",
            "for 1e-9 at worst",
        ),
        [
            (
                str(r.modulus),
                f"{r.power_w * 1e3:.3g} mW",
                " / ".join(f"{loss:.1f}" for loss in r.rail_loss_db) + " dB",
                " / ".join(_rate(rate) for rate in r.symbol_error_rate[1:]),
                f"{r.closing_power_w[0] * 1e3:.3g} mW",
                f"{r.closing_power_w[1] * 1e3:.3g} mW",
            )
            for r in rows
        ],
    )
    say = console().print
    symbol_ps = 1e12 / machine.array.clock_hz
    spread_ps = 1e12 * max(r.spread_s for r in rows)
    verdict = "settles" if all(r.settles for r in rows) else "NOT SETTLED"
    say(
        f"timing: the chain's delay varies by {spread_ps:.0f} ps, "
        f"a symbol lasts {symbol_ps:.0f} ps: {verdict}"
    )
    rail_mw = max(1e3 * machine.rail_power_w(r.modulus) for r in rows)
    guide = "the linear model holds" if all(r.is_linear for r in rows) else "OUTSIDE MODEL VALIDITY"
    say(
        f"power: at most {rail_mw:.3g} mW in a guide (limit {1e3 * LINEAR_POWER_W:g} mW): {guide}\n"
    )


def _rate(rate: float) -> str:
    return f"{rate:.1e}" if rate > 1e-30 else "< 1e-30"


def link_json(rows: list[LinkRow]) -> list[dict[str, Any]]:
    """The budget as plain data."""
    return [asdict(row) for row in rows]
