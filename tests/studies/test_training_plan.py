"""Plans of trainings: files, options over them, and what suits a network."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from photonics.errors import InputError
from studies.training_plan import plan, plan_as_typed


def test_options_come_over_the_file_and_the_file_over_what_suits(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text('model = "lenet5"\nepochs = 3\noverrides = ["array.units=2"]\n')
    found = plan(file, {"epochs": 5, "overrides": ["chip_seed=1"]})
    assert (found.recipe.epochs, found.recipe.model) == (5, "lenet5")
    # As suits the network.
    assert (found.recipe.optimizer, found.recipe.learning_rate) == ("adamw", 2e-3)
    assert found.overrides == ("array.units=2", "chip_seed=1")
    assert plan(file, {"learning_rate": 0.5}).recipe.learning_rate == 0.5
    assert plan(None, {"model": "small-yolo"}).data == "scenes"
    assert plan(None, {"model": "small-transformer", "data": "text:x"}).data == "text:x"
    assert plan(None, {}).recipe.learning_rate == 0.1


@pytest.mark.parametrize(
    ("typed", "other"),
    [
        # As suits the network, its optimiser is another.
        ({"model": "lenet5", "momentum": 0.5}, {"optimizer": "sgd"}),
        ({"step_epochs": 2}, {"schedule": "step"}),
        ({"step_factor": 0.5}, {"schedule": "step"}),
    ],
)
def test_options_that_would_change_nothing_are_refused(
    typed: dict[str, Any], other: dict[str, str]
) -> None:
    with pytest.raises(InputError, match=r"is for the .* alone"):
        plan_as_typed(typed)
    assert plan_as_typed(typed | other).recipe


def test_a_plan_that_is_written_is_the_plan_that_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / 'a "b" ä.pt').touch()
    given = {
        "weights": 'a "b" ä.pt',
        "overrides": ["array.units=2", 'name="x"'],
        "clip_norm": 0.5,
        "learning_rate": 1e99,
        "seed": 2**64 - 1,
    }
    first = plan(None, given)
    first.save(tmp_path / "r.toml")
    again = plan(tmp_path / "r.toml", {})
    assert again.recipe == first.recipe
    assert again.overrides == first.overrides
    # From everywhere.
    assert again.weights == str(tmp_path / 'a "b" ä.pt')
    plan(None, {**given, "data": "idx:there"}).save(tmp_path / "r.toml")
    assert tomllib.loads((tmp_path / "r.toml").read_text())["data"] == f"idx:{tmp_path}/there"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("epoch = 3", "epoch = 3: no such field.*epochs"),
        ("epochs = 'many'", "epochs = 'many'"),
        ("epochs =", "not TOML"),
        ('device = "gpu"', "device = 'gpu': must be cpu, cuda, or cuda:0"),
        ('device = "cuda:x"', "device = 'cuda:x'"),
        ("epochs = 1\nwarmup_epochs = 99", "warmup_epochs = 99.0: must be at most epochs, 1"),
        ("model = [1]", r"model = \[1\]: must be a text"),
        ('overrides = "array.units=2"', "overrides"),
        ("[recipe]\nepochs = 3", "recipe.*stands for its fields"),
    ],
)
def test_false_files_are_refused_in_a_line(text: str, message: str, tmp_path: Path) -> None:
    (tmp_path / "r.toml").write_text(text)
    with pytest.raises(InputError, match=message) as refused:
        plan(tmp_path / "r.toml", {})
    assert "\n" not in str(refused.value)
