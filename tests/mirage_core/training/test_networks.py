"""Networks of one's own, weights from files, and networks that do not fit."""

from __future__ import annotations

import os
import pickle
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file

from mirage_core.training.datasets import load_dataset
from mirage_core.training.networks import build_network, network_names, usual_data
from mirage_core.training.recipe import Recipe
from mirage_core.training.trainer import Trainer
from mirage_core.training.weights import load_weights
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


def test_networks_of_other_tasks_are_refused() -> None:
    with pytest.raises(InputError, match="learns detection, and digits is classification"):
        build_network("small-yolo", DIGITS, 0)


def test_every_network_learns_its_usual_data() -> None:
    for name in network_names():
        build_network(name, load_dataset(usual_data(name)), 0)
    assert usual_data("mine:network") == "digits"


def test_weights_start_a_training_and_are_evaluated(tmp_path: Path) -> None:
    trained = Trainer(Recipe(epochs=1), DIGITS)
    (last,) = trained.run()
    for name in ("w.pt", "w.safetensors"):
        path = tmp_path / name
        (torch.save if name == "w.pt" else save_file)(trained.model.state_dict(), path)
        again = Trainer(Recipe(epochs=0, seed=9), DIGITS, weights=load_weights(path))
        (record,) = again.run()
        assert (record.epoch, record.train_loss) == (0, None)
        assert record.test_score == last.test_score
        assert list(again.run()) == []


class Evil:
    def __reduce__(self) -> tuple[Any, ...]:
        return (os.mkdir, ("evil",))


def test_false_weights_are_refused_and_nothing_is_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("evil.pt").write_bytes(pickle.dumps(Evil()))
    torch.save({"a": 3}, "numbers.pt")
    torch.save(torch.nn.Linear(2, 2), "module.pt")
    for name, message in {
        "evil.pt": "must be a state dictionary",
        "numbers.pt": "tensors by name alone",
        "module.pt": "must be a state dictionary: it holds other things than tensors",
        "missing.pt": "must be an existing file",
        ".": "is a folder; name the file in it",
    }.items():
        with pytest.raises(InputError, match=message) as refused:
            load_weights(Path(name))
        assert "\n" not in str(refused.value)
    assert not Path("evil").exists()
    good = build_network("mlp", DIGITS, 0).state_dict()
    for weights, message in (
        ({"1.weight": good["1.weight"]}, "1.bias.*is missing"),
        ({**good, "9.bias": good["1.bias"]}, "9.bias.*none of the network's"),
        ({**good, "1.weight": good["1.weight"][:3]}, r"\(3, 64\).*1.weight must be \(64, 64\)"),
        ({**good, "1.bias": good["1.bias"] / 0}, "1.bias must be finite"),
        ({**good, "1.bias": good["1.bias"].to(torch.int8)}, "int8.*1.bias must be dense.*floating"),
        ({**good, "1.bias": good["1.bias"].to(torch.complex64)}, "complex64.*1.bias must be dense"),
        ({**good, "1.bias": good["1.bias"].to_sparse()}, "sparse_coo.*1.bias must be dense"),
        ({**good, "1.bias": good["1.bias"].to("meta")}, "meta device.*1.bias must be dense"),
    ):
        with pytest.raises(InputError, match=message):
            Trainer(Recipe(), DIGITS, weights=weights)
