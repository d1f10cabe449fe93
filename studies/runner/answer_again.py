"""The answer to rows that are there: for words and figures that have changed since they ran."""

from __future__ import annotations

import csv
import io
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from photonics.errors import InputError
from photonics.files import read_text
from studies.report.plain_answer import plain_answer
from studies.runner.axes import Span, Value
from studies.runner.command import StudyCommand
from studies.runner.finished import FILE, Finished, read
from studies.runner.jobs import Jobs
from studies.runner.plan import Point
from studies.runner.rows import OPEN, STATES, Row
from studies.runner.study import Study
from studies.runner.study_file import load_study
from studies.runner.table import Table


def answer_again(source: str, folder: Path) -> Finished:
    """Make the answer anew from ``table.csv`` of a folder, and write it with its figures.

    Raises:
        InputError: if the rows are of another study, or of another form of it.
    """
    full = read(folder / FILE).form == "full"
    study = load_study(source)
    study = study if full else study.quickened()
    command = StudyCommand.of(source, full, folder).published
    return answered_again(study, folder, command)[0]


def answered_again(study: Study, folder: Path, command: str) -> tuple[Finished, Table]:
    """Make the answer of a study anew from the rows of a folder, which come with it.

    Args:
        study: in the form of the rows.
        folder: of its results.
        command: that makes the rows, now that they are those of the study as it is.

    Raises:
        InputError: if the rows are of another study, or of another form of it.
    """
    old, path = read(folder / FILE), folder / "table.csv"
    remedy = f"run it again: {old.command}"
    told = list(csv.DictReader(io.StringIO(read_text(path, "--out", remedy)[1])))
    if {row.get("study_digest") for row in told} != {study.digest[:16]}:
        allowed = f"holds rows of another study, or of another form of {study.name}"
        remedy = f"they are of {old.command!r}: give its options, or run it again"
        raise InputError("--out", str(path), allowed, remedy)
    table = Table(_rows(study, told, path), study.axis_names, study.known)
    answer = plain_answer(study, table) if study.answer is None else study.answer(table)
    found = replace(old, question=study.question, answer=answer, command=command)
    found.write(folder)
    return found, table


def _rows(study: Study, told: list[dict[str, str]], path: Path) -> list[Row]:
    """Rows with values in place of texts: those of axes are as the design has them.

    Raises:
        InputError: for rows that are damaged, missing, not finished, or there twice.
    """
    jobs, axes, found = Jobs(study), _axes_by_text(study), []
    for line, row in enumerate(told, 2):
        try:
            found.append(_row(study, jobs.plan, axes, row))
        except (LookupError, TypeError, ValueError) as error:
            said = f"holds no row of {study.name} there ({error})"
            raise InputError("--out", f"{path}:{line}", said, "run it again") from None
    wanted = Counter((jobs.number(j), r) for j in range(len(jobs)) for r in jobs.replicas(j))
    if Counter((row["point"], row["replica"]) for row in found) != wanted:
        allowed = f"must hold {len(wanted)} rows, each once"
        raise InputError("--out", str(path), allowed, "run it again")
    if any(row["status"] == OPEN for row in found):
        raise InputError("--out", str(path), "holds rows that are not finished", "run it again")
    # Answers go by the order of the study's list, which a table may have lost.
    return sorted(found, key=lambda row: (row["point"], row["replica"]))


def _axes_by_text(study: Study) -> dict[str, dict[str, Value]]:
    """Listed values of every axis by their texts; none of a span."""
    axes = (*study.case_axes, *study.design_axes)
    return {a.name: {} if isinstance(a, Span) else {str(v): v for v in a.grid} for a in axes}


def _row(
    study: Study,
    plan: Sequence[Point],
    axes: Mapping[str, Mapping[str, Value]],
    row: Mapping[str, str],
) -> Row:
    """A row.

    Raises:
        Exception: a lookup, type or value error for what is damaged.
    """
    number, replica = int(row["point"]), int(row["replica"])
    chosen = study.adaptive
    point = {n: _value(row[n], listed) for n, listed in axes.items()} if chosen else plan[number]
    if row["status"] not in STATES:
        raise ValueError(f"status {row['status']!r}")
    numbers = {name: float(row[name] or "nan") for name in study.known}
    seed = study.seed + replica
    whole = {"point": number, "replica": replica, "chip_seed": seed}
    return {**row, **whole, **point, **numbers, "noise_seed": seed, "seconds": math.nan}


def _value(text: str, listed: Mapping[str, Value]) -> Value | None:
    """A value that adaptive search has chosen: one of those listed, or a number of a span.

    Raises:
        Exception: a lookup or value error for another one.
    """
    if not text:
        # What had been chosen is not known of points that failed.
        return None
    if listed:
        return listed[text]
    try:
        return int(text)
    except ValueError:
        return float(text)
