"""A study's answer as a folder of results keeps it, for reports that come later."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from photonics.errors import InputError
from photonics.files import write_whole
from studies.report.answer import Answer
from studies.report.charts import Chart, Series
from studies.report.files import write_json
from studies.report.svg import svg

FILE = "answer.json"


@dataclass(frozen=True)
class Finished:
    """What a study found.

    Attributes:
        name: of the study.
        question: in one sentence.
        form: ``full`` or ``quick``; empty where there is but one.
        answer: words, table and figures.
        command: that makes it.
        configuration: names and values, as texts.
    """

    name: str
    question: str
    form: str
    answer: Answer
    command: str
    configuration: Mapping[str, str]

    def write(self, folder: Path) -> None:
        """Write the answer, and every figure as SVG, atomically."""
        write_json(folder / FILE, asdict(self))
        for i, chart in enumerate(self.answer.charts, 1):
            write_whole(folder / f"figure-{i}.svg", svg(chart).encode())


def read(path: Path) -> Finished:
    """An answer from its file.

    Raises:
        InputError: for a file that holds none.
    """
    try:
        told: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        given = told.pop("answer")
        charts = [
            Chart(
                **{
                    **chart,
                    "series": [Series(**s) for s in chart["series"]],
                    "names": tuple(chart["names"]),
                }
            )
            for chart in given["charts"]
        ]
        return Finished(answer=Answer(**{**given, "charts": charts}), **told)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError("results", str(path), f"cannot be read: {error}", "run it again") from None


def found_below(folder: Path) -> Iterator[Path]:
    """Files of answers in a folder and in those within it, by name."""
    yield from sorted(folder.rglob(FILE))
