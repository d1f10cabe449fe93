"""CIFAR-10, the binary version and the pickles."""

from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import pytest
from hypothesis import strategies as st

from mirage_core.data.cifar10 import cifar10
from tests.hard_use.cases import corpus, numbered, try_all
from tests.hard_use.folders import read_folder, unpacked
from tests.hard_use.mutation import changed_bytes, changed_files
from tests.hard_use.property import read_or_refused

_N = 10
PIXELS = np.zeros((_N, 3072), dtype=np.uint8)
BATCH = {b"data": PIXELS, b"labels": list(range(_N)), b"batch_label": b"testing batch 1 of 1"}
PICKLED = {
    name: pickle.dumps(BATCH, protocol=protocol)
    for name, protocol in (("data_batch_1", 2), ("data_batch_2", 4), ("test_batch", 0))
}
RECORD = b"".join(bytes((label,)) + bytes(3072) for label in range(_N))
BINARY = {"data_batch_1.bin": RECORD, "test_batch.bin": RECORD}


@numbered(quick=100)
def test_folders_are_read_or_refused(count: int, tmp_path: Path) -> None:
    def check(files: dict[str, bytes]) -> None:
        found = read_folder(cifar10, tmp_path, files)
        if found is not None:
            assert found.train_x.shape[1:] == (3, 32, 32)
            assert len(found.train_x) == len(found.train_y)

    # Most of a batch are pixels; what decides are the operations around them.
    small = pickle.dumps({**BATCH, b"data": PIXELS[:0]}, protocol=2)
    operations = changed_bytes([small]).map(lambda data: {**PICKLED, "test_batch": data})
    try_all(count, st.one_of(changed_files(PICKLED), changed_files(BINARY), operations), check)


@pytest.mark.parametrize("path", corpus("cifar10"))
def test_files_that_broke_it_are_refused(path: Path, tmp_path: Path) -> None:
    assert read_or_refused(lambda: cifar10(unpacked(path, tmp_path, PICKLED))) is None
