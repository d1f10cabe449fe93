"""Does the light settle?  Streams of symbols through chains in time, against their budget."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from circuits.analysis.settling import MODULUS, Settling, leak_free, settling
from mirage_core.machine.config import MachineConfig
from studies.report.progress import progress
from studies.report.tables import print_table

Case = tuple[int, float]
"""Digits of a chain, and the time of a symbol in s."""

# Digits at the first clock of the notes, and the longest chain at slower ones too.
CASES: tuple[Case, ...] = ((5, 100e-12), (20, 100e-12), (80, 100e-12), (80, 400e-12), (80, 600e-12))
_OWN_CLOCK_DIGITS = 20


def settling_rows(machine: MachineConfig, cases: Sequence[Case] = CASES) -> list[Settling]:
    """Chains at symbol times, and each chain at the time that its budget asks; with progress.

    Args:
        machine: whose multipliers, and whose own clock, which chains of middle length try too.
        cases: digits and symbol times of the others.
    """
    exact = leak_free(machine.design)
    plan = [*cases, (_OWN_CLOCK_DIGITS, machine.design.symbol_s)]
    rows = []
    chains = dict.fromkeys(digits for digits, _ in plan)
    with progress("light in time", len(plan) + len(chains)) as advance:
        for digits, symbol_s in plan:
            advance(0, f"{digits} digits, {1e12 * symbol_s:.0f} ps")
            rows.append(settling(exact, digits, symbol_s))
            advance()
        needed_s = {row.digits: row.needed_s for row in rows}
        for digits in chains:
            advance(0, f"{digits} digits, as the budget asks")
            rows.append(settling(exact, digits, needed_s[digits], streams=2, symbols=12))
            advance()
    return rows


def print_settling(rows: Sequence[Settling]) -> None:
    """Print what time does to chains, beside what the budget says of it."""
    print_table(
        f"Light in time: uniform residues of {MODULUS}, no noise, leaks or static errors",
        ("digits", "symbol", "budget asks", "says", "symbols", "wrong", "at best", "best instant"),
        [
            (
                str(r.digits),
                f"{1e12 * r.symbol_s:.0f} ps",
                f"{1e12 * r.needed_s:.0f} ps",
                "settles" if r.settles else "NOT SETTLED",
                str(r.symbols),
                f"{100 * r.wrong:.3g} %",
                f"{100 * r.wrong_at_best:.3g} %",
                f"{1e12 * r.best_delay_s:.0f} ps",
            )
            for r in rows
        ],
        text=("says",),
    )


def settling_json(rows: Sequence[Settling]) -> list[dict[str, Any]]:
    """The rows as plain data."""
    return [{**asdict(row), "settles": row.settles} for row in rows]
