"""Matrices in csv and npy files."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from hypothesis import strategies as st

from devices.parameters.matrix_file import read_matrix
from tests.hard_use.cases import corpus, numbered, try_all
from tests.hard_use.mutation import LITERALS, changed_bytes, changed_text
from tests.hard_use.property import read_or_refused

CSV = ("# measured\n0.9,0.1,0\n0.1,0.9,1e-3\n0,-0.1,0.9\n", '"1";"2"\n"3";"4"\n', "1\t2\n3\t4\n")

# A head has room for so much.
SHORT = [x for x in LITERALS if len(x) < 10_000]


def npy(array: np.ndarray) -> bytes:
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


NPY = [
    npy(np.eye(3)),
    npy(np.asfortranarray(np.ones((2, 3), dtype=np.float32))),
    npy(np.arange(4, dtype=np.int16).reshape(2, 2)),
]


@numbered()
def test_matrices_are_read_or_refused(count: int, tmp_path: Path) -> None:
    def check(case: tuple[str, bytes]) -> None:
        path = tmp_path / f"matrix.{case[0]}"
        path.write_bytes(case[1])
        found = read_or_refused(lambda: read_matrix(path))
        if found is not None:
            assert found.matrix.isfinite().all()
            # A whole file holds no less than it is read as.
            assert found.matrix.numel() <= len(case[1])

    csv = changed_text(CSV).map(lambda text: ("csv", text))
    binary = changed_bytes(NPY).map(lambda data: ("npy", data))
    # The head is text.
    head = changed_text([NPY[0][10:80].decode()], SHORT).map(
        lambda text: ("npy", NPY[0][:8] + len(text).to_bytes(2, "little") + text + NPY[0][128:])
    )
    try_all(count, st.one_of(csv, binary, head), check)


@pytest.mark.parametrize("path", corpus("matrices"))
def test_files_that_broke_it_are_refused(path: Path) -> None:
    assert read_or_refused(lambda: read_matrix(path)) is None
