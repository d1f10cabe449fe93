"""A study's answer as a folder of results keeps it, for reports that come later."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from devices.parameters.problems import dotted
from photonics.documents import json_of
from photonics.errors import InputError
from photonics.files import encoded, read_text, write_whole
from studies.report.answer import Answer
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
            write_whole(folder / f"figure-{i}.svg", encoded(svg(chart)), "--out")


def read(path: Path) -> Finished:
    """An answer from its file.

    Raises:
        InputError: for a file that holds none.
    """
    remedy = "run it again"
    _, text = read_text(path, "results", remedy)
    try:
        finished = _shape().validate_python(json_of(text))
        _check(finished.answer)
        return finished
    except ValidationError as error:
        first, *_ = error.errors()
        said = f"{dotted(first['loc'])}: {first['msg']}"
    except ValueError as error:
        said = str(error)
    raise InputError("results", str(path), f"cannot be read: {said}", remedy) from None


@cache
def _shape() -> TypeAdapter[Finished]:
    return TypeAdapter(Finished)


def _check(answer: Answer) -> None:
    """Hold parts of an answer that belong together against each other.

    Raises:
        ValueError: if they do not fit.
    """
    if any(len(row) != len(answer.columns) for row in answer.cells):
        raise ValueError("cells are not as many as columns")
    for chart in answer.charts:
        for one in chart.series:
            parts = [part for part in (one.y, one.low, one.high) if part is not None]
            if any(len(part) != len(one.x) for part in parts):
                raise ValueError(f"points of {chart.title!r} are not as many of all coordinates")
            named = chart.names or chart.kind == "bars"
            if named and not {*one.x} <= {*range(len(chart.names))}:
                raise ValueError(f"places of {chart.title!r} have no names")


def found_below(folder: Path) -> Iterator[Path]:
    """Files of answers in a folder and in those within it, by name."""
    yield from sorted(folder.rglob(FILE))
