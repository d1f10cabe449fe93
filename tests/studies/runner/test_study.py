"""What a study must say, and what tells one from another."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from photonics.errors import InputError
from studies.metrics.registry import Metric
from studies.runner.study import Drawing, Study, bound_of

X, Y = "laser.power_w", "laser_power_w"
USABLE = Metric("usable", "", "", "share", lambda _: 1.0)


def study(**fields: Any) -> Study:
    told: dict[str, Any] = {
        "question": "How much?",
        "axes": {"laser.power_w": [1e-3, 2e-3]},
        "metrics": ["laser_power_w"],
    }
    return Study(**{**told, **fields})


@pytest.mark.parametrize(
    ("fields", "field", "told"),
    [
        ({"question": " "}, "question", "must be a sentence"),
        ({"axes": {}}, "axes", "must name what is varied"),
        ({"axes": [1]}, "axes", "must be a table"),
        ({"metrics": []}, "metrics", "must be a list of metrics"),
        ({"metrics": "laser_power_w"}, "metrics", "must be a list of metrics"),
        ({"metrics": ["laser_powr_w"]}, "metrics", "did you mean laser_power_w?"),
        ({"sampler": "grit"}, "sampler", "did you mean grid?"),
        ({"replicas": 0}, "replicas", "from 1 to 100000"),
        ({"seed": -1}, "seed", "2^64"),
        ({"sampler": "random"}, "points", "from 1 to 100000"),
        ({"objectives": {"loss": "minimize"}}, "metrics", "no such metric"),
        ({"objectives": {"laser_power_w": "min"}}, "objectives.laser_power_w", "minimize"),
        ({"constraints": {"laser_power_w": "< 3"}}, "constraints.laser_power_w", "<= number"),
        ({"cases": {"laser.power_w": [1]}}, "cases.laser.power_w", "is an axis too"),
        ({"axes": {"laser.power_w": {"low": 1, "high": 2}}}, "axes.laser.power_w", "count"),
        (
            {"drawing": Drawing(x="laser.powr_w", y="laser_power_w")},
            "drawing.x",
            "did you mean laser.power_w?",
        ),
        ({"drawing": Drawing(x=X, y=Y, log_x="no")}, "drawing.log_x", "must be true or false"),
        ({"drawing": Drawing(x=X, y=Y, target=True)}, "drawing.target", "must be a finite number"),
        ({"drawing": Drawing(x=X, y=Y, target=0, log_y=True)}, "drawing.target", "must be above 0"),
        (
            {"drawing": Drawing(x=X, y="usable", target=1), "metrics": [Y, USABLE]},
            "drawing.target",
            "usable is a share",
        ),
        (
            {
                "axes": {X: [1], "machine": ["robust"]},
                "drawing": Drawing(x="machine", y=Y, target=1),
            },
            "drawing.target",
            "needs an x of numbers; machine has 'robust'",
        ),
        (
            {"axes": {X: [1], "array.rows": [1, 2]}, "drawing": Drawing(x=X, y=Y, target=1)},
            "drawing.target",
            "array.rows does, too",
        ),
        (
            {"sampler": "tpe", "points": 3, "cases": {"conditions.rows": [1, 2]}},
            "cases",
            "cannot be had with adaptive search",
        ),
    ],
)
def test_what_is_wrong_is_named(fields: dict[str, Any], field: str, told: str) -> None:
    with pytest.raises(InputError) as refused:
        study(**fields)
    assert refused.value.field == field
    assert told in str(refused.value)


@pytest.mark.parametrize(
    "fields",
    [
        {"seed": 1},
        {"replicas": 2},
        {"machine": "isca2024"},
        {"set": {"conditions.rows": 2}},
        {"axes": {"laser.power_w": [1e-3, 3e-3]}},
        {"metrics": ["laser_total_w"]},
        {"metrics": [Metric("laser_power_w", "W", "", "linear", lambda at: 1.0)]},
        {"changes": lambda point: point},
        {"cases": {"conditions.rows": [1, 2]}},
    ],
)
def test_all_that_numbers_depend_on_tells_studies_apart(fields: dict[str, Any]) -> None:
    assert study(**fields).digest != study().digest


def test_words_do_not(tmp_path: object) -> None:
    assert study(question="Else?", minutes=3.0, answer=lambda table: table).digest == study().digest


def test_what_files_hold_tells_studies_apart(tmp_path: Path) -> None:
    machine = tmp_path / "mine.toml"
    machine.write_text('extends = "robust"\n')
    found = [study(machine=str(machine)).digest]
    machine.write_text('extends = "isca2024"\n')
    found.append(study(machine=str(machine)).digest)
    assert found[0] != found[1]


def test_the_quick_form_joins_tables_and_replaces_the_rest() -> None:
    whole = study(
        set={"conditions.rows": 8, "conditions.vectors": 9},
        replicas=5,
        quick={"set": {"conditions.rows": 2}, "replicas": 1},
    )
    quick = whole.quickened()
    assert quick.set == {"conditions.rows": 2, "conditions.vectors": 9}
    assert quick.replicas == 1
    with pytest.raises(InputError, match="did you mean replicas"):
        study(quick={"replica": 1}).quickened()


def test_what_a_point_sets_goes_before_what_all_have() -> None:
    told = study(set={"laser.power_w": 5e-3, "clock_hz": 1e8})
    assert told.values_at({"laser.power_w": 1e-3}) == {"laser.power_w": 1e-3, "clock_hz": 1e8}
    assert told.values_at({}) == told.set


def test_bounds_are_read() -> None:
    assert bound_of("x", "<= 1e-6") == ("<=", 1e-6)
    assert bound_of("x", ">=3") == (">=", 3.0)
