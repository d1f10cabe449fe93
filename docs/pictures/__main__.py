"""Draws the pictures of the README: ``python -m docs.pictures docs/static``."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

from docs.pictures.charts import energy, learning
from docs.pictures.row import row
from studies.report.svg import svg

PICTURES: dict[str, Callable[[], str]] = {
    "row.svg": row,
    "energy.svg": lambda: svg(energy()),
    "learning.svg": lambda: svg(learning()),
}

if __name__ == "__main__":
    for name, drawn in PICTURES.items():
        (Path(sys.argv[1]) / name).write_text(drawn(), encoding="utf-8")
