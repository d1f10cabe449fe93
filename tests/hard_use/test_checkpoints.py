"""Checkpoints of trainings, and that no file of them runs anything."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import strategies as st

from mirage_core.core.format_core import FormatCore
from mirage_core.data.dataset import Dataset
from mirage_core.training.recipe import Recipe
from mirage_core.training.trainer import Trainer
from studies.report.checkpoint import restore_checkpoint
from tests.hard_use.cases import corpus, numbered, try_all
from tests.hard_use.mutation import VALUES, changed_bytes, changed_tree
from tests.hard_use.property import read_or_refused
from tests.hard_use.saved import TENSORS, evil, packed, saved

SETTING = {"data": "ours", "recipe": {"epochs": 3, "seed": 0}, "chip": None}


def trainers() -> dict[str, Trainer]:
    """Two small trainings, one of them on a core."""
    x, y = torch.linspace(0, 1, 4 * 16).view(4, 1, 4, 4), torch.tensor([0, 1, 0, 1])
    data = Dataset("ours", x, y, x, y, 2, "here")
    recipe = Recipe(model="mlp", epochs=3, batch_size=2)
    return {"FP32": Trainer(recipe, data), "int8": Trainer(recipe, data, FormatCore("int8"))}


def state() -> dict[str, Any]:
    """What a checkpoint of them holds after an epoch of each."""
    made = trainers()
    for trainer in made.values():
        trainer.run_epoch()
    states = {name: trainer.state_dict() for name, trainer in made.items()}
    return {"setting": json.dumps(SETTING), "trainers": states}


def restored(path: Path) -> dict[str, Trainer]:
    made = trainers()
    restore_checkpoint(path, SETTING, made)
    return made


@numbered(quick=40)
def test_checkpoints_are_read_or_refused(count: int, tmp_path: Path) -> None:
    path, whole = tmp_path / "checkpoint.pt", state()
    valid = [saved(whole), saved(whole, zipped=False)]

    def check(case: Any) -> None:
        path.write_bytes(case if isinstance(case, bytes) else saved(case))
        made = read_or_refused(lambda: restored(path))
        if made is not None:
            # What is taken can go on.
            for trainer in made.values():
                assert trainer.steps_per_epoch * trainer.epochs_done <= trainer.step

    trees = changed_tree(whole, [*VALUES, *TENSORS.values()])
    try_all(count, st.one_of(changed_bytes(valid), trees), check)


def test_files_that_unpack_to_more_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "checkpoint.pt"
    path.write_bytes(packed(state(), "data.pkl"))
    assert read_or_refused(lambda: restored(path)) is None


@pytest.mark.parametrize("name", ["expanded", "sparse"])
def test_tensors_that_are_not_in_the_file_are_refused(name: str, tmp_path: Path) -> None:
    path, whole = tmp_path / "checkpoint.pt", state()
    whole["trainers"]["FP32"]["history"][0]["epoch"] = TENSORS[name]
    path.write_bytes(saved(whole))
    assert read_or_refused(lambda: restored(path)) is None


@pytest.mark.parametrize("number", range(4))
def test_nothing_in_a_file_is_run(number: int, tmp_path: Path) -> None:
    path, folder = tmp_path / "checkpoint.pt", tmp_path / "evil"
    path.write_bytes(evil(folder)[number])
    assert read_or_refused(lambda: restored(path)) is None
    assert not folder.exists()


@pytest.mark.parametrize("path", corpus("checkpoints"))
def test_files_that_broke_it_are_refused(path: Path) -> None:
    assert read_or_refused(lambda: restored(path)) is None
