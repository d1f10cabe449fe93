"""Who is compared, and that each trains as the same recipe does by itself."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from mirage_core import FormatCore
from mirage_core.training.datasets import load_dataset
from mirage_core.training.trainer import Trainer
from photonics.errors import InputError
from studies.comparison.contestants import contestants
from studies.training_plan import TrainingPlan, plan
from tests.commands import invoke

SHORT: dict[str, Any] = {"epochs": 1, "batch_size": 512}
OPTIONS = ("--epochs", "1", "--batch", "512")


def names(text: str, **given: Any) -> list[str]:
    return [one.name for one in contestants(text, plan(None, given))]


def trained(text: str, asked: TrainingPlan, seed: int) -> Trainer:
    one = contestants(text, asked)[-1]
    trainer = one.trainer(asked, one.machine(asked), load_dataset(asked.data), seed)
    list(trainer.run())
    return trainer


def same(trainer: Trainer, weights: dict[str, torch.Tensor]) -> bool:
    own = trainer.model.state_dict()
    return own.keys() == weights.keys() and all(torch.equal(own[n], weights[n]) for n in own)


def test_fp32_comes_first_and_short_names_are_made_whole() -> None:
    assert names("int8,fp32,robust") == ["fp32", "int8", "robust:compact"]
    assert names("integer,isca2024:field", preset="thermo-optic") == [
        "fp32",
        "thermo-optic:integer",
        "isca2024:field",
    ]
    assert names("my:own.toml:field", fidelity="integer")[1:] == ["my:own.toml:field"]
    assert names("my:own.toml", fidelity="integer")[1:] == ["my:own.toml:integer"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("int9", "--with = 'int9': is no number format.*did you mean int8"),
        ("robust:light", "--with = 'robust:light'"),
        ("", "--with = ''"),
        ("integer,robust:integer", "has robust:integer twice"),
    ],
)
def test_what_there_is_not_is_refused(text: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        names(text)
    with pytest.raises(InputError, match="fidelity = 'light'"):
        names("int8", fidelity="light")


@pytest.mark.parametrize(
    "fidelity",
    [
        "integer",
        pytest.param("compact", marks=pytest.mark.slow),  # 9 s
    ],
)
def test_a_machine_trains_as_the_command_of_the_same_recipe_and_seed(
    fidelity: str, tmp_path: Path
) -> None:
    given = {**SHORT, "overrides": ["array.units=1"], "precision": {"phases": [{"bits": 3}]}}
    found = trained(f"robust:{fidelity}", plan(None, given), seed=5)
    typed = ("--fidelity", fidelity, "--seed", "5", "--set", "array.units=1", "--bits", "3")
    invoke("train", *OPTIONS, *typed, "--out", str(tmp_path))
    assert same(found, torch.load(tmp_path / "weights.pt"))
    other = trained(f"robust:{fidelity}", plan(None, given), seed=6)
    assert not same(other, found.model.state_dict())


def test_formats_train_as_a_trainer_on_their_core_and_fp32_as_one_without() -> None:
    asked, data = plan(None, SHORT), load_dataset("digits")
    recipe = asked.recipe.changed({"seed": 3})
    for text, core in (("fp32", None), ("fast", FormatCore("fast", seed=3))):
        alone = Trainer(recipe, data, core)
        list(alone.run())
        assert same(trained(text, asked, 3), alone.model.state_dict())
    own = trained("lns-madam", plan(None, {**SHORT, "weight_decay": 0.1}), 3)
    assert (own.recipe.optimizer, own.recipe.weight_decay) == ("madam", 0.0)
