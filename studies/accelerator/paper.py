"""The paper's tables, figures and claims beside what they recompute to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, get_args

from photonics.errors import InputError
from studies.accelerator.paper_bars import fig6, fig7, fig8_runtime, table3_rates
from studies.accelerator.paper_claims import claims
from studies.accelerator.paper_energy import (
    fig1b,
    fig5b,
    fig9,
    table2,
    table3_efficiency,
)
from studies.accelerator.paper_fig8 import fig8_energy
from studies.accelerator.paper_figures import draw
from studies.accelerator.paper_rows import Row, Verdict
from studies.accelerator.paper_table_two import by_table_two
from studies.accelerator.quantities import number
from studies.report.files import make_output_folder, write_csv
from studies.report.tables import console, print_table

PARTS: dict[str, Callable[[], list[Row]]] = {
    "table2": table2,
    "table3": lambda: [*table3_rates(), *table3_efficiency()],
    "fig1b": fig1b,
    "fig5b": fig5b,
    "fig6": fig6,
    "fig7": fig7,
    "fig8": lambda: [*fig8_runtime(), *fig8_energy(), *by_table_two()],
    "fig9": fig9,
    "claims": claims,
}
"""What can be asked for."""

_VERDICTS = get_args(Verdict)
_COMPARING = ("table2", "fig8", "claims")
RULE = (
    "rule, as Fig. 8 must have it: a format pays its energy for two operations of each "
    "multiply-accumulate, Mirage 7.40 W all the time; mirage cost counts one, and the machine's "
    "mean power with loads"
)
"""How formats are compared with Mirage, told under the tables that do so."""


def show(what: str | None, out: Path | None = None) -> dict[str, Any]:
    """Print one part in full, or an overview of all, and write tables and figures where asked.

    Raises:
        InputError: for a part that there is not.
    """
    if what is not None and what not in PARTS:
        raise InputError("what", what, f"must be one of {', '.join(PARTS)}")
    if out is not None:
        make_output_folder(out)
    found = {name: PARTS[name]() for name in ([what] if what else PARTS)}
    if what is None:
        _overview(found)
    else:
        _whole(what, found[what])
    if out is not None:
        rows = [row.as_dict() for part in found.values() for row in part]
        write_csv(out / "paper.csv", rows)
        draw(found, out)
        console().print(f"written to {out}")
    return {name: [row.as_dict() for row in part] for name, part in found.items()}


def _overview(found: dict[str, list[Row]]) -> None:
    lines = []
    for name, rows in found.items():
        verdicts = Counter(row.verdict for row in rows)
        lines.append((name, *(str(verdicts[v]) for v in _VERDICTS), _worst(rows)))
    print_table(
        "The paper, row by row: mirage paper NAME shows a part in full",
        ("part", *_VERDICTS, "largest difference that agrees"),
        lines,
    )
    beyond = [r for rows in found.values() for r in rows if r.verdict == "unexplained"]
    console().print(f"{len(beyond)} rows are unexplained: {_where(beyond)}", soft_wrap=True)


def _worst(rows: Sequence[Row]) -> str:
    agreeing = [abs(r.difference) for r in rows if r.verdict == "agrees" and r.difference]
    return f"{100 * max(agreeing):.2f} %" if agreeing else "-"


def _where(rows: Sequence[Row]) -> str:
    counts = Counter(row.table for row in rows)
    return ", ".join(f"{count} of {table}" for table, count in counts.items())


def _whole(what: str, rows: Sequence[Row]) -> None:
    print_table(
        f"{what}: published and recomputed",
        ("row", "published", "recomputed", "difference", "verdict", "reason"),
        [
            (
                f"{row.item}",
                _value(row.published, row.unit),
                "-" if row.recomputed is None else _value(row.recomputed, row.unit),
                "-" if row.difference is None else f"{100 * row.difference:+.2f} %",
                row.verdict,
                row.reason,
            )
            for row in rows
        ],
        text=("verdict", "reason"),
    )
    if what in _COMPARING:
        console().print(RULE, soft_wrap=True)


def _value(value: float, unit: str) -> str:
    return f"{number(value)} {unit}".rstrip()
