"""Comparisons as studies: what they depend on, and what each row is of."""

from __future__ import annotations

import math
import pickle
from pathlib import Path
from typing import Any

from studies.comparison.order import ComparisonOrder
from studies.runner.evaluate import evaluate
from studies.training_plan import plan

SHORT: dict[str, Any] = {"epochs": 1, "batch_size": 512, "overrides": ["array.units=1"]}


def order(names: str = "int8,integer", seeds: int = 2, **given: Any) -> ComparisonOrder:
    recipe = plan(None, {**SHORT, **given}).placed.plain
    return ComparisonOrder(storage="x", recipe=recipe, names=names, seeds=seeds)


def test_other_processes_make_the_same_study_of_it() -> None:
    one = order()
    again = pickle.loads(pickle.dumps(one)).study()
    assert again.digest == one.study().digest
    assert again.axes == {"contestant": ["fp32", "int8", "robust:integer"]}


def test_whatever_changes_numbers_is_another_comparison(tmp_path: Path) -> None:
    mine = tmp_path / "mine.toml"
    mine.write_text('extends = "robust"\n')
    given: list[dict[str, Any]] = [
        {},
        {"learning_rate": 0.2},
        {"data": "scenes"},
        {"products": {"*": {"dw": "fp32"}}},
        {"overrides": ["array.units=2"]},
        {"seeds": 3},
        {"names": "int8"},
        {"names": f"{mine}:integer"},
    ]
    digests = {order(**each).study().digest for each in given}
    mine.write_text('extends = "robust"\nlaser.power_w = 5e-3\n')
    digests.add(order(names=f"{mine}:integer").study().digest)
    assert len(digests) == len(given) + 1


def test_seeds_and_contestants_may_be_added_and_nothing_else_may_change(tmp_path: Path) -> None:
    settings = order().study().settings
    more = order(names="fast,int8,integer", seeds=5).study().settings
    assert {name: more[name] for name in settings} == settings
    mine = tmp_path / "mine.toml"
    mine.write_text('extends = "robust"\n')
    before = order(names=f"{mine}:integer").study().settings
    mine.write_text('extends = "robust"\nlaser.power_w = 5e-3\n')
    after = order(names=f"{mine}:integer").study().settings
    # Formats are priced by the symbol of the plan's machine, which is not this one.
    assert [name for name in before if before[name] != after[name]] == [f"{mine}:integer"]
    for changed in (
        {"learning_rate": 0.2},
        {"epochs": 2},
        {"seed": 1},
        {"data": "scenes"},
        {"products": {"*": {"dw": "fp32"}}},
        {"overrides": ["array.units=2"]},
    ):
        other = order(**changed).study().settings
        assert all(other[name] != settings[name] for name in settings)


def test_a_row_is_of_its_seed_and_of_the_machines_own_chip() -> None:
    study = order(overrides=["array.units=1", "chip_seed=9"], seed=4).study()
    found = evaluate(study, {"contestant": "robust:integer"}, [1])
    (row,) = found.result["replicas"]
    assert (row["seed"], row["chip_seed"]) == (5, 9)
    assert 0.0 < row["metrics"]["test_accuracy"] < 1.0
    assert row["metrics"]["time_s"] > row["metrics"]["products_s"] > 0.0
    assert row["metrics"]["diverged"] == 0.0


def test_a_training_that_diverges_counts_as_guessing_and_has_no_price() -> None:
    lost = order(learning_rate=1e30, clip_norm=1e38).study()
    (row,) = evaluate(lost, {"contestant": "int8"}, [0]).result["replicas"]
    told = row["metrics"]
    assert (told.pop("test_accuracy"), told.pop("diverged")) == (0.1, 1.0)
    assert len(told) == 4
    assert all(math.isnan(each) for each in told.values())
