"""Small folders of results that nobody trained."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path


def write(path: Path, lines: Sequence[Mapping[str, object]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, list(lines[0]))
        writer.writeheader()
        writer.writerows(lines)


def comparison(results: Path, name: str, lost: Mapping[str, tuple[object, object, object]]) -> Path:
    """A comparison: mean, low and high of the difference to FP32 of every contestant."""
    path = results / name / "comparison.csv"
    told = {"fp32": (0.0, "", ""), **lost}
    ends = ("difference", "difference_low", "difference_high")
    write(
        path,
        [
            {"contestant": one, "seeds": 3, **dict(zip(ends, values, strict=True))}
            for one, values in told.items()
        ],
    )
    return path


def precision(results: Path, lost: Mapping[tuple[str, str, str], Sequence[object]]) -> Path:
    """The study: accuracy lost on every seed, by network, rounding and format."""
    path = results / "precision" / "table.csv"
    columns = ("network", "rounding", "format")
    write(
        path,
        [
            {**dict(zip(columns, key, strict=True)), "status": "done", "accuracy_lost": value}
            for key, values in lost.items()
            for value in values
        ],
    )
    return path
