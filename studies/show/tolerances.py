"""The tolerances of a machine, printed and drawn."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from mirage_core.machine.config import MachineConfig
from mirage_core.training.datasets import load_dataset
from mirage_core.training.streamed import streamed_in_training
from studies.metrics.tolerances import DIMMED_RATE, State, Tolerances, tolerances
from studies.report.figures import save
from studies.report.files import make_output_folder
from studies.report.tables import console, print_table
from studies.report.tornado import tornado
from studies.show.error_budget import rate_text

# Least change that is shown, decades or relative.
_SHOWN = 5e-3
_DRAWN = 20


def show(machine: MachineConfig, data_name: str, out: Path | None = None) -> dict[str, Any]:
    """Print the tolerances of a machine for what a network streams that learns a data set.

    Args:
        machine: any.
        data_name: the data set.
        out: folder for a picture.
    """
    if out is not None:
        make_output_folder(out)
    streamed = streamed_in_training(machine, load_dataset(data_name))["forward"]
    found = tolerances(machine, streamed)
    _print(machine, found)
    if out is not None:
        rows = [
            (f"{r.name} ± {r.spread.text}", found.decades(r.below), found.decades(r.above))
            for r in found.rows[:_DRAWN]
        ]
        label = f"change of the error rate, decades ({_light(found)})"
        save(tornado(rows, label, f"Tolerances of {machine.name}"), out / "tolerances.png")
        console().print(f"figure in {out}")
    return _json(machine, found)


def _light(found: Tolerances) -> str:
    if not found.dimmed_db:
        return "at its own light"
    return f"laser dimmed by {found.dimmed_db:.1f} dB, to {DIMMED_RATE:.0e} by design"


def _print(machine: MachineConfig, found: Tolerances) -> None:
    nominal, say = found.nominal, console().print
    shown = [
        row
        for row in found.rows
        if found.effect(row) > _SHOWN or any(_power(nominal, x) for x in row.states)
    ]
    print_table(
        f"Tolerances of {machine.name}: one part off by its spread on the whole chip, which is "
        "built and calibrated so, before any drift",
        (
            "parameter",
            "spread",
            "rate: less",
            "more",
            "decades: less",
            "more",
            "power: less",
            "more",
        ),
        [
            (
                f"{row.name} = {row.value:.4g}",
                row.spread.text,
                *(_rate(state) for state in row.states),
                *(_decades(found, state) for state in row.states),
                *(_power(nominal, state) for state in row.states),
            )
            for row in shown
        ],
    )
    little = [row.name for row in found.rows if row not in shown]
    if little:
        say(f"less than {_SHOWN:g} decades: {', '.join(little)}")
    for row in found.rows:
        for way, state in zip(("less", "more"), row.states, strict=True):
            if isinstance(state, str):
                say(f"{row.name}, {way}: no such machine: {state}")
    if found.fixed:
        say(f"cannot be moved here: {', '.join(found.fixed)}")
    say(
        f"rate: mean of the modulus that errs most, {rate_text(nominal.error_rate)} by design\n"
        f"decades: log10 of the rate of a typical row over that of the design, {_light(found)}\n"
        f"power: light at the receiver, {1e6 * nominal.arriving_w:.3g} µW by design, and what the "
        f"laser of a row draws, {1e3 * nominal.electrical_w:.3g} mW\n"
    )


def _rate(state: State | str) -> str:
    return "refused" if isinstance(state, str) else rate_text(state.error_rate)


def _decades(found: Tolerances, state: State | str) -> str:
    return "" if isinstance(state, str) else f"{found.decades(state):+.3f}"


def _power(nominal: State, state: State | str) -> str:
    """Changes of light and of what the laser draws, those that count."""
    if isinstance(state, str):
        return ""
    light = state.arriving_w / nominal.arriving_w - 1.0
    draw = state.electrical_w / nominal.electrical_w - 1.0
    changes = [
        f"{100 * x:+.2g} %{of}" for x, of in ((light, ""), (draw, " drawn")) if abs(x) > _SHOWN
    ]
    return ", ".join(changes)


def _json(machine: MachineConfig, found: Tolerances) -> dict[str, Any]:
    """All as plain data."""
    return {
        "machine": machine.name,
        "dimmed_db": found.dimmed_db,
        "nominal": asdict(found.nominal),
        "fixed": list(found.fixed),
        "rows": list(_json_rows(found)),
    }


def _json_rows(found: Tolerances) -> Iterator[dict[str, Any]]:
    for row in found.rows:
        sides = {
            side: {"refused": state} if isinstance(state, str) else asdict(state)
            for side, state in zip(("below", "above"), row.states, strict=True)
        }
        yield {
            "name": row.name,
            "value": row.value,
            "spread": row.spread.of(row.value),
            "source": row.spread.source,
            **sides,
        }
