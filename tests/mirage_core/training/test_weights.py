"""Weights from files: they start a training, and false ones are refused with nothing run."""

from __future__ import annotations

import os
import pickle
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file

from mirage_core.training.datasets import load_dataset
from mirage_core.training.networks import build_network
from mirage_core.training.recipe import Recipe
from mirage_core.training.trainer import Trainer
from mirage_core.training.weights import load_weights
from photonics.errors import InputError

DIGITS = load_dataset("digits")


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
        ".": "is a folder",
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
        ({**good, "1.bias": good["1.bias"].double() * 1e300}, "1.bias must be finite"),
        ({**good, "1.bias": good["1.bias"].to(torch.int8)}, "int8.*1.bias must be dense.*floating"),
        ({**good, "1.bias": good["1.bias"].to(torch.complex64)}, "complex64.*1.bias must be dense"),
        ({**good, "1.bias": good["1.bias"].to_sparse()}, "sparse_coo.*1.bias must be dense"),
        ({**good, "1.bias": good["1.bias"].to("meta")}, "meta device.*1.bias must be dense"),
    ):
        with pytest.raises(InputError, match=message):
            Trainer(Recipe(), DIGITS, weights=weights)
