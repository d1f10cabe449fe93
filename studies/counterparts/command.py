"""What ``mirage paper table1 | fig5a`` does: hold results against the paper, or make them anew."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

from photonics.checks import whole_number
from photonics.errors import InputError
from studies.counterparts import figure_five, table_one
from studies.counterparts.counterpart import Counterpart, Span, Verdict, in_order
from studies.report.files import make_output_folder
from studies.report.numbers import number_text
from studies.report.tables import console, print_table
from studies.runner.command import StudyCommand

_MOST_WORKERS = 1024
VERDICTS = get_args(Verdict)
NOTE = (
    "A counterpart, no recomputation: networks and data differ, so that only differences to FP32 "
    "can be held against each other. Within a point of FP32 or beyond one on both sides is in "
    "line; an interval that holds minus one point is undecided."
)


@dataclass(frozen=True)
class Part:
    """A table or figure that has a counterpart.

    Attributes:
        title: of its table.
        rows: reads it from a folder of results, with what is said of results that are missing.
        commands: that make the results anew in a folder.
    """

    title: str
    rows: Callable[[Path], tuple[list[Counterpart], list[str]]]
    commands: Callable[[Path], Iterable[tuple[Path, StudyCommand]]]


def _comparisons(folder: Path) -> Iterable[tuple[Path, StudyCommand]]:
    for name, network in table_one.NETWORKS.items():
        yield folder / name, network.command(folder / name)


def _study(folder: Path) -> Iterable[tuple[Path, StudyCommand]]:
    where = folder / figure_five.STUDY
    yield where, StudyCommand.of(figure_five.STUDY, full=True, folder=where)


PARTS = {
    "table1": Part("Table I: accuracy less that of FP32, points", table_one.rows, _comparisons),
    "fig5a": Part("Fig. 5(a): accuracy less that of FP32, points", figure_five.rows, _study),
}
"""What is trained, and not recomputed."""


def rerun(what: str, folder: Path, workers: int) -> None:
    """Make the results of a part anew in a folder, or go on with them.

    Raises:
        InputError: for as many workers as cannot be.
    """
    whole_number("--workers", workers, least=1, most=_MOST_WORKERS)
    for where, command in PARTS[what].commands(folder):
        make_output_folder(where)
        command.run(workers)


def show(what: str, results: Path) -> list[Counterpart]:
    """Print one part in full.

    Raises:
        InputError: if there are no results at all.
    """
    rows, missing = PARTS[what].rows(results)
    if not rows:
        raise InputError("results", what, missing[0], _remedy(what))
    print_table(
        PARTS[what].title,
        ("network", "format", "paper", "here [95 %]", "seeds", "paper says", "here", "verdict"),
        [_cells(row) for row in rows],
        text=("format", "paper", "paper says", "here", "verdict"),
    )
    say = console().print
    for sentence in (NOTE, *_sentences(rows), *(f"{m}: {_remedy(what)}" for m in missing)):
        say(f"- {sentence}", soft_wrap=True)
    return rows


def overview(results: Path) -> dict[str, list[Counterpart]]:
    """Print how many rows of every part come to what, and what is missing."""
    found = {name: part.rows(results) for name, part in PARTS.items()}
    lines = []
    for name, (rows, _) in found.items():
        verdicts = Counter(row.verdict for row in rows)
        lines.append((name, *(str(verdicts[v]) for v in VERDICTS)))
    print_table("What the paper trains, beside counterparts", ("part", *VERDICTS), lines)
    for name, (_, missing) in found.items():
        for one in missing:
            console().print(f"{name}: {one}: {_remedy(name)}", soft_wrap=True)
    return {name: rows for name, (rows, _) in found.items()}


def _remedy(what: str) -> str:
    return f"mirage paper {what} --rerun makes it"


def _sentences(rows: Sequence[Counterpart]) -> list[str]:
    """What the rows come to, and how the paper's order fares on each network."""
    verdicts = Counter(row.verdict for row in rows)
    told = [", ".join(f"{verdicts[v]} {v}" for v in VERDICTS if verdicts[v]) + "."]
    for network in dict.fromkeys(row.network for row in rows):
        kept, pairs = in_order([row for row in rows if row.network == network])
        told.append(
            f"{network}: {kept} of {pairs} pairs of formats that the paper tells apart by more "
            "than a point are in its order here, on the mean."
        )
    return told


def _cells(row: Counterpart) -> tuple[str, ...]:
    theirs = row.published
    return (
        row.network,
        row.item,
        "-" if theirs is None else span_text(theirs),
        found_text(row),
        str(row.seeds),
        "-" if theirs is None else theirs.reading,
        row.found.reading,
        row.verdict,
    )


def span_text(span: Span) -> str:
    """A span in a cell: one number, or from least to most."""
    low, high = number_text(span.low), number_text(span.high)
    return low if low == high else f"{low} to {high}"


def found_text(row: Counterpart) -> str:
    """Our difference with its interval; alone where all seeds have the same."""
    value, found = number_text(row.value), span_text(row.found)
    if found == value:
        return value
    return f"{value} [{number_text(row.found.low)}, {number_text(row.found.high)}]"
