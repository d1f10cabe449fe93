"""Pipes and devices where files are expected: they have no end, and are refused at once."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from circuits import load_chip
from devices import Photodiode
from devices.parameters.matrix_file import read_matrix
from devices.parameters.parts_file import read_entry
from devices.parameters.transfer_file import read_transfer
from mirage_core.data.cifar10 import cifar10
from mirage_core.data.idx import idx_folder
from mirage_core.machine.loading import load_machine
from mirage_core.training.datasets import load_dataset
from mirage_core.training.weights import load_weights
from photonics.errors import InputError
from studies.bench import history
from studies.report.checkpoint import restore_checkpoint
from studies.runner import finished
from studies.runner.storage import open_storage
from studies.runner.study_file import load_study
from studies.training_plan import is_plan, plan
from tests.hard_use.property import limited, read_or_refused

READERS: dict[str, Callable[[Path], Any]] = {
    "answer.json": finished.read,
    "bench.jsonl": history.read,
    "checkpoint.pt": lambda path: restore_checkpoint(path, {}, {}),
    "journal.log": lambda path: open_storage(str(path)),
    "machine.toml": lambda path: load_machine(str(path)),
    "matrix.csv": read_matrix,
    "matrix.npy": read_matrix,
    "my.chip": load_chip,
    "part.toml": lambda path: read_entry(path, Photodiode),
    "recipe.toml": lambda path: plan(path, {}),
    "study.py": lambda path: load_study(str(path)),
    "study.toml": lambda path: load_study(str(path)),
    "text.txt": lambda path: load_dataset(f"text:{path}"),
    "transfer.csv": read_transfer,
    "transfer.s2p": read_transfer,
    "weights.pt": load_weights,
    "weights.safetensors": load_weights,
    "cats/1.png": lambda path: load_dataset(f"images:{path.parents[1]}"),
}


def pipe(path: Path) -> None:
    os.mkfifo(path)


def device(path: Path) -> None:
    path.symlink_to("/dev/zero")


@pytest.mark.parametrize("make", [pipe, device])
@pytest.mark.parametrize("name", READERS)
def test_what_has_no_end_is_refused_at_once(
    name: str, make: Callable[[Path], None], tmp_path: Path
) -> None:
    for other in ("cats/0.png", "dogs/0.png", "dogs/1.png"):
        (tmp_path / other).parent.mkdir(exist_ok=True)
        (tmp_path / other).touch()
    make(tmp_path / name)
    with limited(), pytest.raises(InputError, match="is no regular file") as refused:
        READERS[name](tmp_path / name)
    assert str(tmp_path / name) in str(refused.value)


@pytest.mark.parametrize("make", [pipe, device])
def test_it_is_no_file_of_a_data_set_nor_a_recipe(
    make: Callable[[Path], None], tmp_path: Path
) -> None:
    for name in ("train-images-idx3-ubyte", "data_batch_1", "test_batch", "recipe.toml"):
        make(tmp_path / name)
    assert read_or_refused(lambda: idx_folder(tmp_path)) is None
    assert read_or_refused(lambda: cifar10(tmp_path)) is None
    with limited():
        assert not is_plan(tmp_path / "recipe.toml")
