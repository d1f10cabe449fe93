"""IDX files: read as written, and every way in which one can lie is told in a line."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from mirage_core.data.idx import idx_folder
from photonics.errors import InputError

TRAIN_IMAGES, TRAIN_LABELS = "train-images-idx3-ubyte", "train-labels-idx1-ubyte"
TEST_IMAGES, TEST_LABELS = "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"


def idx(values: bytes, *sizes: int) -> bytes:
    return bytes((0, 0, 8, len(sizes))) + b"".join(n.to_bytes(4, "big") for n in sizes) + values


def write(folder: Path, **changes: bytes | None) -> Path:
    """Six images of 2 x 3 pixels and four for the test, with what is to be changed."""
    files = {
        TRAIN_IMAGES: idx(bytes(range(36)), 6, 2, 3),
        TRAIN_LABELS: idx(bytes((0, 1, 2, 3, 4, 9)), 6),
        TEST_IMAGES: idx(bytes(range(200, 224)), 4, 2, 3),
        TEST_LABELS: idx(bytes((9, 9, 0, 1)), 4),
    }
    for name, content in files.items():
        (folder / name).write_bytes(content)
    for name, changed in changes.items():
        path = folder / name.replace("_", "-")
        path.unlink() if changed is None else path.write_bytes(changed)
    return folder


def test_values_are_those_of_the_files(tmp_path: Path) -> None:
    data = idx_folder(write(tmp_path))
    expected = torch.arange(36, dtype=torch.float32).view(6, 1, 2, 3) / 255
    assert torch.equal(data.train_x, expected)
    assert data.train_y.tolist() == [0, 1, 2, 3, 4, 9]
    assert float(data.test_x[0, 0, 0, 0]) == pytest.approx(200 / 255)
    assert (data.classes, data.task, data.shape) == (10, "classification", (1, 2, 3))


def test_compressed_and_dotted_names_are_found(tmp_path: Path) -> None:
    plain = idx_folder(write(tmp_path))
    content = (tmp_path / TRAIN_IMAGES).read_bytes()
    (tmp_path / TRAIN_IMAGES).unlink()
    (tmp_path / f"{TRAIN_IMAGES}.gz").write_bytes(gzip.compress(content))
    (tmp_path / TEST_LABELS).rename(tmp_path / "t10k-labels.idx1-ubyte")
    assert idx_folder(tmp_path).fingerprint == plain.fingerprint


def gz(change: Callable[[bytes], bytes]) -> bytes:
    return change(gzip.compress(idx(bytes(range(36)), 6, 2, 3)))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({TRAIN_IMAGES: None}, "has no train-images-idx3-ubyte"),
        ({TRAIN_IMAGES: idx(bytes(35), 6, 2, 3)}, "35 bytes.*6x2x3 bytes"),
        ({TRAIN_IMAGES: idx(bytes(37), 6, 2, 3)}, "37 bytes.*6x2x3 bytes"),
        (
            {TRAIN_IMAGES: idx(b"", 1 << 31, 1 << 31, 1 << 31)},
            "2147.*at most 1073741824 bytes",
        ),
        ({TRAIN_IMAGES: idx(b"", 6, 2, 3)[:9]}, "0 bytes.*must hold"),
        ({TRAIN_IMAGES: b""}, "is no IDX file"),
        ({TRAIN_IMAGES: b"\x89PNG1234"}, "is no IDX file"),
        ({TRAIN_IMAGES: idx(bytes(6), 6)}, "1 axes.*images and labels may be swapped"),
        ({TRAIN_LABELS: idx(bytes(36), 6, 2, 3)}, "3 axes.*images and labels may be swapped"),
        ({TRAIN_LABELS: idx(bytes(5), 5)}, "6 images and 5 labels"),
        ({TEST_IMAGES: idx(bytes(4 * 9), 4, 3, 3)}, "2x3 and 3x3.*of one size"),
        ({TEST_LABELS: idx(bytes((0, 1, 2, 10)), 4)}, "test = 10: must be 0 to 9"),
        ({TRAIN_LABELS: idx(bytes((0, 1, 2, 3, 4, 200)), 6)}, "= 10: has no image.*up to 200"),
        ({TRAIN_LABELS: idx(bytes((7,) * 6), 6)}, "= 7: is the only label"),
        ({TRAIN_IMAGES: idx(b"", 0, 2, 3), TRAIN_LABELS: idx(b"", 0)}, "must hold something"),
    ],
)
def test_what_cannot_be_is_refused_in_a_line(
    changes: dict[str, bytes | None], message: str, tmp_path: Path
) -> None:
    write(tmp_path, **{name.replace("-", "_"): each for name, each in changes.items()})
    with pytest.raises(InputError, match=message) as refused:
        idx_folder(tmp_path)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("change", [lambda b: b[:-12], lambda b: b[:20] + b"??" + b[22:]])
def test_broken_compression_is_refused(change: Callable[[bytes], bytes], tmp_path: Path) -> None:
    write(tmp_path)
    (tmp_path / TRAIN_IMAGES).unlink()
    (tmp_path / f"{TRAIN_IMAGES}.gz").write_bytes(gz(change))
    with pytest.raises(InputError, match="get it once more"):
        idx_folder(tmp_path)
