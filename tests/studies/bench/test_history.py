"""The history of benchmarks: kept, compared, drawn."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from photonics.errors import InputError
from studies.bench import history
from tests.figures import drawn

ROW = {"case": "integer", "shape": "1x2x3", "ratio": 2.0, "path": "tensors"}
FOUND = {"products": [ROW], "steps": [{"network": "mlp", "ratio": 9.0}]}


def run_of(**ratios: float) -> dict[str, Any]:
    return {"processor": "a", "path": "b", "threads": 1, "ratios": ratios}


def test_a_record_names_every_ratio() -> None:
    kept = history.record(FOUND, 2)
    assert kept["ratios"] == {"integer, 1x2x3": 2.0, "step, mlp": 9.0}
    assert kept["threads"] == 2
    assert kept["processor"]


def test_only_runs_on_machines_alike_are_compared() -> None:
    runs = [run_of(x=1.0), {**run_of(x=0.1), "threads": 2}, {**run_of(x=0.1), "path": "c"}]
    assert history.alike(runs, run_of(x=1.0)) == runs[:1]


def test_what_became_slower_is_named() -> None:
    before = [run_of(x=3.0, y=1.0), run_of(x=2.0)]
    assert history.slower(before, run_of(x=2.4, y=1.2, z=9.0)) == []
    assert history.slower(before, run_of(x=2.6)) == ["x: 2.6 times FP32, where it was 2"]


def test_the_figure_shows_the_last_run_and_those_before() -> None:
    made = history.figure([run_of(x=3.0), run_of(x=2.0, y=1.0)])
    assert drawn(made) == ["a, b, 1 thread(s)"]
    (axes,) = made.axes
    assert [label.get_text() for label in axes.get_yticklabels()] == ["x", "y"]
    assert [bar.get_width() for bar in axes.patches] == [2.0, 1.0]
    assert [list(line.get_xdata()) for line in axes.lines] == [[3.0]]


@pytest.mark.parametrize("line", ["nonsense", "[]", "{}"])
def test_lines_that_are_no_runs_are_refused(line: str, tmp_path: Path) -> None:
    path = tmp_path / "history.jsonl"
    path.write_text(json.dumps(run_of(x=1.0)) + "\n" + line + "\n")
    with pytest.raises(InputError, match=r"history.jsonl:2.*must be a run of the benchmark"):
        history.read(path)
