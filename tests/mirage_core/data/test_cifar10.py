"""CIFAR-10 in both of its versions, and pickles that want to run something."""

from __future__ import annotations

import os
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from mirage_core.data.cifar10 import cifar10
from photonics.errors import InputError

PIXELS = np.arange(4 * 3072, dtype=np.int64).astype(np.uint8).reshape(4, 3072)
LABELS = [3, 0, 9, 1]


def binary(folder: Path, labels: list[int] = LABELS) -> Path:
    records = b"".join(bytes((y,)) + x.tobytes() for x, y in zip(PIXELS, labels, strict=True))
    for name in ("data_batch_1.bin", "data_batch_2.bin", "test_batch.bin"):
        (folder / name).write_bytes(records)
    return folder


def pickled(folder: Path, batch: Any) -> Path:
    for name in ("data_batch_1", "data_batch_2", "test_batch"):
        (folder / name).write_bytes(pickle.dumps(batch, protocol=2))
    return folder


def test_both_versions_hold_the_same(tmp_path: Path) -> None:
    one, two = tmp_path / "binary", tmp_path / "python"
    for each in (one, two):
        each.mkdir()
    found = cifar10(binary(one))
    assert found.train_y.tolist() == 2 * LABELS
    # Red, green and blue planes, row by row.
    assert float(found.test_x[0, 1, 0, 2]) == pytest.approx((32 * 32 + 2) % 256 / 255)
    again = cifar10(pickled(two, {b"data": PIXELS, b"labels": LABELS}))
    assert torch.equal(found.train_x, again.train_x)
    assert found.fingerprint == again.fingerprint
    columns = cifar10(pickled(two, {b"data": np.asfortranarray(PIXELS), b"labels": LABELS}))
    assert found.fingerprint == columns.fingerprint


class Evil:
    def __reduce__(self) -> tuple[Any, ...]:
        return (os.mkdir, ("evil",))


@pytest.mark.parametrize(
    ("batch", "message"),
    [
        ({b"data": PIXELS, b"labels": Evil()}, "names posix.mkdir, which is no array"),
        ({b"data": PIXELS[:, :-1], b"labels": LABELS}, r"\(4, 3071\)"),
        ({b"data": PIXELS, b"labels": LABELS[:3]}, r"\(3,\) labels"),
        ({b"data": PIXELS.astype(float), b"labels": LABELS}, "holds 'f8', not unsigned bytes"),
        ({b"data": PIXELS, b"labels": [0.5, *LABELS[1:]]}, "labels are no list of whole numbers"),
        ({b"labels": LABELS}, "data.*must be a batch"),
        ([1, 2], "must be a batch"),
    ],
)
def test_false_pickles_are_refused_and_nothing_is_run(
    batch: Any, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match=message):
        cifar10(pickled(tmp_path, batch))
    assert not Path("evil").exists()


def test_other_false_files_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="has no data_batch_1"):
        cifar10(tmp_path)
    with pytest.raises(InputError, match=r"test = 10|training = 10"):
        cifar10(binary(tmp_path, [3, 0, 10, 1]))
    (tmp_path / "data_batch_2.bin").write_bytes(b"\0" * 3000)
    with pytest.raises(InputError, match=r"3000 bytes.*whole records"):
        cifar10(tmp_path)
