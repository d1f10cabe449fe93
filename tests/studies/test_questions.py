"""The studies of the package: a point of each is measured, and answers are made of any rows."""

from __future__ import annotations

import itertools
import json
import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import studies
from photonics.random import NoiseKey
from studies.questions.sensitivity_shares import LEADING
from studies.report.answer import Answer
from studies.report.page import Entry, page
from studies.report.svg import svg
from studies.runner.answer_again import answer_again
from studies.runner.evaluate import evaluate
from studies.runner.jobs import Jobs
from studies.runner.rows import Row
from studies.runner.study import Study
from studies.runner.study_file import load_study, study_names
from studies.runner.table import Table

RESULTS = Path(studies.__file__).parent / "results"
KEPT = [name for name in study_names() if (RESULTS / name).is_dir()]
DEVICE = (
    "chain",
    "chip-yield",
    "heat",
    "laser",
    "receiver",
    "sensitivity",
    "sensitivity-shares",
    "shifters",
    "switches",
)

TRAINING = {
    "delicate": {"where": "dw"},
    "training-power": {"product": "dw"},
    "co-design": {},
    "co-design-trained": {},
    "lean-machine": {},
    "parts-trained": {},
    "protection": {},
    "chips-trained": {},
    "wander-trained": {},
    "precision": {"format": "3, then 4 bits"},
}
"""Studies that train, or say what to train, and a point of theirs that is measured."""
FLAGS = ("usable", "settled", "within_model", "diverged")


def test_a_point_of_every_study_is_measured_here_or_in_a_file_of_its_own() -> None:
    files = (Path(__file__).parent / "questions").glob("test_*.py")
    own = {path.stem.removeprefix("test_").replace("_", "-") for path in files}
    assert set(study_names()) - {*DEVICE, *TRAINING} <= own


def quick(name: str) -> Study:
    """The quick form, calibrated by the oracle."""
    study = load_study(name).quickened()
    oracle = {"conditions.controller": "oracle"} if name in DEVICE else {}
    return study.but({"set": oracle})


@pytest.mark.parametrize("name", DEVICE)
def test_a_point_of_each_device_study_is_measured(name: str) -> None:
    study = quick(name)
    outcome = evaluate(study, study.plan()[0], [0])
    assert outcome.kind == "done", outcome.result
    told = outcome.result["replicas"][0]["metrics"]
    assert set(told) == set(study.known)
    assert not any(math.isnan(value) for value in told.values())


@pytest.mark.parametrize("name", TRAINING)
def test_a_point_of_each_study_that_trains_is_measured(name: str) -> None:
    study = load_study(name).quickened().but({"set": {"recipe.epochs": 1}})
    plan = replace(study, sampler="random").plan() if study.adaptive else study.plan()
    wanted = TRAINING[name].items()
    points = (point for point in plan if all(point[axis] == value for axis, value in wanted))
    outcomes = (evaluate(study, point, [0]) for point in points)
    told = next(each for each in outcomes if each.kind != "refused")
    assert told.kind == "done", told.result
    numbers = told.result["replicas"][0]["metrics"]
    assert set(numbers) == set(study.known)
    assert not any(math.isnan(value) for value in numbers.values())


def made_up(study: Study) -> list[Row]:
    """Rows with numbers of no meaning, some of them refused or infinite."""
    # What a search would ask for next does not matter here.
    jobs, found = Jobs(replace(study, sampler="random") if study.adaptive else study), []
    key = NoiseKey.from_seed(0).fold("made up", study.name)
    drawn = iter(key.uniform(0, len(jobs) * len(study.known)).tolist())
    for job in range(len(jobs)):
        numbers = {name: 10.0 ** (-9.0 * next(drawn)) for name in study.known}
        numbers |= {n: float(v > 1e-4) for n, v in numbers.items() if n in FLAGS}
        found.append(
            {
                **jobs.plan[jobs.number(job)],
                **numbers,
                "point": jobs.number(job),
                "replica": job % study.replicas,
                "status": "done",
                "why": "",
            }
        )
    return found


@pytest.mark.parametrize("name", study_names())
@pytest.mark.parametrize("full", [False, True])
def test_every_study_has_an_answer_to_whatever_is_found(name: str, full: bool) -> None:
    study = load_study(name) if full else load_study(name).quickened()
    assert study.answer is not None
    rows = made_up(study)
    for change in (lambda i: {}, _refuse, _fail, _unlimited(study)):
        changed = [{**row, **change(i)} for i, row in enumerate(rows)]
        answer = study.answer(Table(changed, study.axis_names, study.known))
        check(study, answer)
        lost = [row["why"] for row in changed if row["why"]]
        told = f"{len(lost)} of {len(changed)} "
        assert not lost or any(w.startswith(told) and lost[0] in w for w in answer.words)


def _refuse(i: int) -> dict[str, Any]:
    """Every tenth machine cannot be."""
    return {"status": "refused", "why": "no light"} if i % 10 == 3 else {}


def _fail(i: int) -> dict[str, Any]:
    """Every tenth point comes to nothing."""
    return {"status": "failed", "why": "an error"} if i % 10 == 3 else {}


def _unlimited(study: Study) -> Any:
    """All that may be infinite is."""
    names = [n for n in study.known if n == "laser_power_for_target_w"]
    return lambda i: dict.fromkeys(names, math.inf)


def check(study: Study, answer: Answer) -> None:
    """Words, a table as wide as its head, and figures that can be drawn."""
    assert answer.words
    assert all(isinstance(word, str) and "nan" not in word.split() for word in answer.words)
    assert {len(row) for row in answer.cells} <= {len(answer.columns)}
    assert all(isinstance(cell, str) for cell in itertools.chain.from_iterable(answer.cells))
    for chart in answer.charts:
        assert "nan" not in svg(chart)
        label, ys = chart.x_label + chart.y_label, (y for s in chart.series for y in s.y)
        if "ccuracy" in chart.title and max(filter(math.isfinite, ys), default=0.0) > 1.0:
            assert "%" in label or "points" in label
    assert page([Entry(study.name, study.question, answer, "", {})], "")


def test_full_forms_are_larger_and_tell_their_time() -> None:
    for name in study_names():
        study = load_study(name)
        assert len(Jobs(study)) > len(Jobs(study.quickened()))
        assert study.minutes is not None
        assert study.minutes <= 90
    assert sum(load_study(name).minutes or 0.0 for name in study_names()) <= 480


def test_the_ten_of_the_shares_lead_the_screening() -> None:
    screening = json.loads((RESULTS / "sensitivity" / "answer.json").read_text(encoding="utf-8"))
    leading = [name for what, name, *_ in screening["answer"]["cells"] if what == "error rate"]
    assert set(LEADING) == set(leading[: len(LEADING)])


@pytest.mark.slow  # 10 s
@pytest.mark.parametrize("name", KEPT)
def test_a_kept_answer_is_what_its_rows_make(name: str, tmp_path: Path) -> None:
    kept = RESULTS / name
    for file in kept.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    answer_again(name, tmp_path)
    assert json.loads((tmp_path / "answer.json").read_text()) == json.loads(
        (kept / "answer.json").read_text()
    )
    for figure in kept.glob("*.svg"):
        assert (tmp_path / figure.name).read_bytes() == figure.read_bytes(), figure.name
