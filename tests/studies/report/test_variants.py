"""Tables and bars that compare machines."""

from __future__ import annotations

import math
from typing import Any

from studies.metrics.registry import Metric
from studies.report.variants import bars_of, lines_of, side_by_side, text_of
from studies.runner.table import Table

RATE = Metric("error_rate", "", "wrong", "log", lambda at: 0.0, 1.0)


def table(values: dict[tuple[str, str], float], status: str = "done") -> Table:
    rows: list[dict[str, Any]] = [
        {
            "kind": kind,
            "rails": rails,
            "x": float(i),
            "error_rate": value,
            "status": status,
            "why": "",
            "replica": 0,
        }
        for i, ((kind, rails), value) in enumerate(values.items())
    ]
    return Table(rows, ["kind", "rails"], {"error_rate": RATE})


FOUND = table({("ring", "dual"): 1e-6, ("mzi", "dual"): 1e-3, ("ring", "single"): math.inf})


def test_texts_say_what_is_no_number() -> None:
    assert text_of(FOUND.where(kind="mzi"), "error_rate") == "0.001"
    assert text_of(FOUND.where(rails="single"), "error_rate") == "none is enough"
    assert text_of(table({("a", "b"): 1e-15}), "error_rate") == "< 1e-15"
    refused = table({("a", "b"): 1.0}, "refused")
    assert text_of(refused, "error_rate") == "refused"
    both = Table([*table({("a", "b"): 1e-3}).rows, *refused.rows], FOUND.axes, FOUND.metrics)
    assert text_of(both, "error_rate") == "0.001, refused on 1 of 2"


def test_a_row_for_each_combination() -> None:
    columns, cells = side_by_side(FOUND, ["rails", "kind"], [("error_rate", "rate", 1.0)])
    assert columns == ["rails", "kind", "rate"]
    assert cells == [
        ["dual", "ring", "1e-06"],
        ["dual", "mzi", "0.001"],
        ["single", "ring", "none is enough"],
    ]


def test_bars_leave_out_what_is_infinite() -> None:
    chart = bars_of(FOUND, "kind", "error_rate", "t", "rails")
    assert chart.log_x
    assert [list(s.y) for s in chart.series] == [[1e-6, 1e-3], []]
    assert list(chart.names) == ["ring", "mzi"]


def test_a_legend_says_what_is_so_and_what_is_not() -> None:
    rows = [{**row, "heat.met": row["rails"] == "dual"} for row in FOUND.rows]
    chart = bars_of(Table(rows, FOUND.axes, FOUND.metrics), "kind", "error_rate", "t", "heat.met")
    assert [s.label for s in chart.series] == ["met", "not met"]


def test_lines_are_sorted() -> None:
    chart = lines_of(FOUND, "x", "error_rate", "t", "rails")
    assert [list(s.x) for s in chart.series] == [[0.0, 1.0], []]
