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
from studies.counterparts import command as trained
from studies.counterparts.counterpart import Counterpart
from studies.counterparts.drawing import draw as draw_trained
from studies.counterparts.kept import KEPT
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
"""What is recomputed; what is trained stands in :mod:`studies.counterparts`."""
RERUN = Path("runs/paper")
"""Where results are made anew, by default."""

_VERDICTS = get_args(Verdict)
_COMPARING = ("table2", "fig8", "claims")
RULE = (
    "rule, as Fig. 8 must have it: a format pays its energy for two operations of each "
    "multiply-accumulate, Mirage 7.40 W all the time; mirage cost counts one, and the machine's "
    "mean power with loads"
)
"""How formats are compared with Mirage, told under the tables that do so."""


def show(
    what: str | None,
    out: Path | None = None,
    anew: bool = False,
    workers: int = 1,
    results: Path = KEPT,
) -> dict[str, Any]:
    """Print one part in full, or an overview of all, and write tables and figures where asked.

    Args:
        what: a part; all of them by default.
        out: folder of tables and figures.
        anew: whether the results of a part that is trained are made anew, and then shown.
        workers: processes that make them.
        results: folder of those that are shown otherwise.

    Raises:
        InputError: for a part that there is not, or whose results there are not.
    """
    if what not in (None, *PARTS, *trained.PARTS):
        allowed = f"must be one of {', '.join((*PARTS, *trained.PARTS))}"
        raise InputError("what", what, allowed)
    if anew and what not in trained.PARTS:
        allowed = f"is for what is trained, {', '.join(trained.PARTS)}; all else is always anew"
        raise InputError("--rerun", what, allowed)
    if workers != 1 and not anew:
        raise InputError("--workers", workers, "changes nothing where none train", "add --rerun")
    if out is not None:
        make_output_folder(out)
    if anew:
        assert what is not None
        results = out or RERUN
        trained.rerun(what, results, workers)
    if what in trained.PARTS:
        return _written({}, {what: trained.show(what, results)}, out)
    found = {name: PARTS[name]() for name in ([what] if what else PARTS)}
    if what is not None:
        _whole(what, found[what])
        return _written(found, {}, out)
    _overview(found)
    return _written(found, trained.overview(results), out)


def _written(
    found: dict[str, list[Row]], beside: dict[str, list[Counterpart]], out: Path | None
) -> dict[str, Any]:
    """Write tables and figures where asked, and return all rows as plain values."""
    plain = {name: [row.as_dict() for row in part] for name, part in found.items()}
    plain_beside = {name: [row.as_dict() for row in part] for name, part in beside.items()}
    if out is not None:
        if found:
            write_csv(out / "paper.csv", [row for part in plain.values() for row in part])
        for name, rows in plain_beside.items():
            if rows:
                write_csv(out / f"{name}.csv", rows)
        draw(found, out)
        draw_trained(beside, out)
        console().print(f"written to {out}")
    return plain | plain_beside


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
