"""Weights from files of torch, in its present form and the one before, and of safetensors."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor, nn

from mirage_core.training.weights import load_weights, put_weights
from photonics.errors import InputError

# More numbers than a file of any size may tell of.
STATE = {"weight": torch.arange(2_000_000.0).view(1000, 2000), "bias": torch.zeros(1000)}


def written(path: Path, form: str) -> Path:
    if form == "safetensors":
        save_file(STATE, path)
    else:
        torch.save(STATE, path, _use_new_zipfile_serialization=form == "zipped")
    return path


@pytest.mark.parametrize("form", ["zipped", "unzipped", "safetensors"])
def test_weights_come_back_as_they_were(form: str, tmp_path: Path) -> None:
    path = written(tmp_path / f"weights.{form}", form)
    model = nn.Linear(2000, 1000)
    put_weights(model, load_weights(path))
    assert torch.equal(model.weight, STATE["weight"])
    assert torch.equal(model.bias, STATE["bias"])


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"bias": None}, "'bias': is missing from the file"),
        ({"more": torch.zeros(1)}, "'more': is none of the network's"),
        ({"bias": torch.zeros(2)}, r"\(2,\): bias must be \(1000,\)"),
        ({"bias": torch.full((1000,), float("nan"))}, "'bias': must be finite"),
    ],
)
def test_weights_of_something_else_are_refused(
    changes: dict[str, Tensor | None], message: str
) -> None:
    weights = {name: x for name, x in {**STATE, **changes}.items() if x is not None}
    with pytest.raises(InputError, match=message):
        put_weights(nn.Linear(2000, 1000), weights)


@pytest.mark.parametrize(
    "content", [[1], {"a": 1}, {1: torch.zeros(1)}, {"a": torch.zeros(1) + 1j}]
)
def test_files_of_anything_else_are_refused(content: object, tmp_path: Path) -> None:
    torch.save(content, tmp_path / "weights.pt")
    with pytest.raises(InputError, match="must hold tensors by name alone"):
        load_weights(tmp_path / "weights.pt")
