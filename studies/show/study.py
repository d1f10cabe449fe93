"""Studies listed, one in full, and all finished ones on a page."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from photonics.errors import InputError
from photonics.files import encoded, write_whole
from studies.comparison.order import NAME as COMPARISON
from studies.report.page import Entry, page
from studies.report.tables import console, print_table
from studies.runner.answer_again import answer_again
from studies.runner.command import JOURNAL, StudyCommand, print_answer
from studies.runner.finished import FILE, Finished, found_below, read
from studies.runner.jobs import Jobs
from studies.runner.rows import made_by
from studies.runner.run import open_order, over_count
from studies.runner.study_file import load_study, study_names


def list_studies() -> list[dict[str, Any]]:
    """Print the studies that come with the package."""
    found = []
    for name in study_names():
        study = load_study(name)
        found.append(
            {
                "name": name,
                "question": study.question,
                "quick_jobs": len(Jobs(study.quickened())),
                "full_jobs": len(Jobs(study)),
                "full_minutes": study.minutes,
            }
        )
    print_table(
        "Studies",
        ("name", "question", "jobs: quick", "full", "minutes"),
        [
            (
                str(s["name"]),
                str(s["question"]),
                str(s["quick_jobs"]),
                str(s["full_jobs"]),
                "" if s["full_minutes"] is None else f"{s['full_minutes']:g}",
            )
            for s in found
        ],
        text=("question",),
    )
    console().print("minutes: of the full form on two cores.  mirage study run NAME asks one.")
    return found


def show(source: str, full: bool, folder: Path, again: bool = False) -> dict[str, Any]:
    """Print what a study asks and varies, how far it is, and what it has found.

    Args:
        source: name or file of the study.
        full: in its full form.
        folder: of its results.
        again: whether its answer is made anew from its rows.
    """
    if again:
        answer_again(source, folder)
    found = load_study(source)
    study = found if full else found.quickened()
    form = "full" if full else "quick"
    console().print(f"{study.question}\n")
    rows = [(a.name, _axis_text(a.plain())) for a in (*study.case_axes, *study.design_axes)]
    print_table(f"{study.name}, {form} form: axes", ("axis", "values"), rows, text=("values",))
    print_table(
        "metrics",
        ("name", "unit", "meaning"),
        [(m.name, m.unit, m.meaning) for m in study.known.values()],
        text=("unit", "meaning"),
    )
    jobs = Jobs(study)
    console().print(
        f"machine {study.machine}, sampler {study.sampler}, {study.replicas} replicas: "
        f"{len(jobs)} jobs"
    )
    told: dict[str, Any] = {"study": study.name, "form": form, "jobs": len(jobs), "over": 0}
    if (folder / JOURNAL).exists():
        try:
            with open_order(StudyCommand.of(source, full, folder).order) as opened:
                told["over"] = over_count(opened.attempts.refresh(), len(jobs))
            console().print(f"{told['over']} of {len(jobs)} jobs are done in {folder}")
        except InputError as error:
            # What an older version has found can be read, and cannot be gone on with.
            console().print(str(error), soft_wrap=True)
    if (folder / FILE).exists():
        finished = read(folder / FILE)
        print_answer(finished)
        told["words"] = list(finished.answer.words)
    return told


def _axis_text(plain: Any) -> str:
    if isinstance(plain, list):
        return ", ".join(map(str, plain))
    if "low" in plain:
        steps = "" if plain["count"] is None else f", {plain['count']} values"
        return f"{plain['low']:g} to {plain['high']:g}{steps}{', log' if plain['log'] else ''}"
    return ", ".join(plain)


def report(folders: Sequence[Path], out: Path) -> None:
    """Write a page of all finished studies in folders.

    Raises:
        InputError: if there is none, or a folder is not there.
    """
    for folder in folders:
        if not folder.is_dir():
            said, remedy = "is no folder of results", "mirage study run NAME"
            raise InputError("folders", str(folder), said, remedy)
    files = [path for folder in folders for path in found_below(folder)]
    if not files:
        where = ", ".join(map(str, folders))
        raise InputError("folders", where, "hold no finished study", "mirage study run NAME")
    names = Counter[str]()
    entries = []
    for path in files:
        name = path.parent.name
        names[name] += 1
        # Folders of different places may have one name.
        unique = name if names[name] == 1 else f"{name}-{names[name]}"
        entries.append(_entry(read(path), unique))
    entries.sort(key=lambda entry: _GROUPS.index(entry.group))
    write_whole(out, encoded(page(entries, made_by())), "--out")
    console().print(f"{len(entries)} studies in {out}")


_MACHINES, _TRAINED, _COMPARED = _GROUPS = (
    "What light, parts and chips must be",
    "What training bears",
    "Networks beside FP32, seed by seed",
)
"""Heads of the findings, in their order."""
# Contestant, score, and difference to FP32.
_TOLD_OF_COMPARISON = 3


def _entry(finished: Finished, name: str) -> Entry:
    compared = finished.name == COMPARISON
    trained = "accuracy" in finished.configuration.get("metrics", "")
    return Entry(
        name,
        finished.question,
        finished.answer,
        # Its recipe lies beside its results.
        f"# in the folder {name}\n{finished.command}" if compared else finished.command,
        finished.configuration,
        "The quick form: few points, chips and data." if finished.form == "quick" else "",
        _COMPARED if compared else _TRAINED if trained else _MACHINES,
        _TOLD_OF_COMPARISON if compared else 0,
    )
