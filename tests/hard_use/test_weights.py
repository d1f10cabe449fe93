"""Weights, and that no file of them runs anything."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from hypothesis import strategies as st
from safetensors.torch import save
from torch import nn

from mirage_core.training.weights import load_weights, put_weights
from photonics.errors import InputError
from tests.hard_use.cases import corpus, numbered, try_all
from tests.hard_use.mutation import changed_bytes
from tests.hard_use.property import read_or_refused
from tests.hard_use.saved import TENSORS, evil, packed, saved

STATE = {"weight": torch.ones(2, 2), "bias": torch.zeros(2)}
VALID = {
    "pt": [saved(STATE), saved(STATE, zipped=False), saved([1, {"a": None}])],
    "safetensors": [save(STATE)],
}


def read(path: Path) -> nn.Module:
    model = nn.Linear(2, 2)
    put_weights(model, load_weights(path))
    return model


@numbered()
def test_weights_are_read_or_refused(count: int, tmp_path: Path) -> None:
    def check(case: tuple[str, bytes]) -> None:
        path = tmp_path / f"weights.{case[0]}"
        path.write_bytes(case[1])
        read_or_refused(lambda: read(path))

    each = [changed_bytes(v).map(lambda data, e=e: (e, data)) for e, v in VALID.items()]
    try_all(count, st.one_of(each), check)


@pytest.mark.parametrize("name", TENSORS)
def test_other_tensors_are_refused_in_little_memory(name: str, tmp_path: Path) -> None:
    path = tmp_path / "weights.pt"
    path.write_bytes(saved({**STATE, "weight": TENSORS[name]}))
    assert read_or_refused(lambda: read(path)) is None


@pytest.mark.parametrize("entry", ["data.pkl", "data/0"])
def test_files_that_unpack_to_more_are_refused_before(entry: str, tmp_path: Path) -> None:
    path = tmp_path / "weights.pt"
    path.write_bytes(packed(STATE, entry))
    with pytest.raises(InputError, match=r"unpacks to 167\d{5} bytes"):
        load_weights(path)


@pytest.mark.parametrize("number", range(4))
def test_nothing_in_a_file_is_run(number: int, tmp_path: Path) -> None:
    path, folder = tmp_path / "weights.pt", tmp_path / "evil"
    path.write_bytes(evil(folder)[number])
    assert read_or_refused(lambda: load_weights(path)) is None
    assert not folder.exists()


@pytest.mark.parametrize("path", corpus("weights"))
def test_files_that_broke_it_are_refused(path: Path) -> None:
    assert read_or_refused(lambda: read(path)) is None
