"""Networks of one's own, and networks that do not fit."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from mirage_core.training.datasets import load_dataset
from mirage_core.training.networks import build_network, network_names, usual_data
from mirage_core.training.recipe import Recipe
from mirage_core.training.trainer import Trainer
from photonics.errors import InputError

DIGITS = load_dataset("digits")
OWN = """
import torch
from torch import nn

def good():
    return nn.Sequential(nn.Flatten(), nn.Linear(64, 10))

def of_other_data():
    return nn.Linear(3, 10)

def of_other_classes():
    return nn.Sequential(nn.Flatten(), nn.Linear(64, 9))

def number():
    return 3

def frozen():
    return good().requires_grad_(False)

def normalised():
    return nn.Sequential(nn.Flatten(), nn.Linear(64, 10), nn.BatchNorm1d(10))

class Detached(nn.Linear):
    def forward(self, x):
        return super().forward(x.flatten(1)).detach()

def detached():
    return Detached(64, 10)

def ends():
    raise SystemExit(0)

def asks(classes):
    return good()
"""


def test_a_network_of_ones_own_starts_from_the_seed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "networks_of_mine.py").write_text(OWN)
    monkeypatch.chdir(tmp_path)
    one, again, other = (build_network("networks_of_mine:good", DIGITS, s) for s in (1, 1, 2))
    assert torch.equal(one[1].weight, again[1].weight)
    assert not torch.equal(one[1].weight, other[1].weight)
    for name, message in {
        "of_other_data": "takes 1x8x8: mat1 and mat2|takes 1x8x8",
        "of_other_classes": r"outputs \(2, 10\) for two inputs, and gives \(2, 9\)",
        "number": "makes a int",
        "ends": "takes 1x8x8: SystemExit: 0",
        "asks": "without arguments.*classes",
        "missing": "can be imported.*missing",
    }.items():
        with pytest.raises(InputError, match=message) as refused:
            build_network(f"networks_of_mine:{name}", DIGITS, 0)
        assert "\n" not in str(refused.value)


def test_networks_that_cannot_be_trained_are_refused_in_a_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "networks_of_mine.py").write_text(OWN)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match=r"frozen weights alone.*--epochs 0"):
        Trainer(Recipe(model="networks_of_mine:frozen"), DIGITS)
    list(Trainer(Recipe(model="networks_of_mine:frozen", epochs=0), DIGITS).run())
    left = len(DIGITS.train_y) - 1
    trainer = Trainer(Recipe(model="networks_of_mine:normalised", batch_size=left), DIGITS)
    with pytest.raises(InputError, match=f"batch_size = {left}: leaves a batch of 1"):
        list(trainer.run())
    trainer = Trainer(Recipe(model="networks_of_mine:detached"), DIGITS)
    with pytest.raises(InputError, match=r"depend on no weight .* --epochs 0$"):
        list(trainer.run())


def test_networks_of_other_tasks_are_refused() -> None:
    with pytest.raises(InputError, match="learns detection, and digits is classification"):
        build_network("small-yolo", DIGITS, 0)


def test_every_network_learns_its_usual_data() -> None:
    for name in network_names():
        build_network(name, load_dataset(usual_data(name)), 0)
    assert usual_data("mine:network") == "digits"
