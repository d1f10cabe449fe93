"""Files of chips that are damaged, forged, old, or no chips at all."""

from __future__ import annotations

import io
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
import torch

from circuits import ArrayShape, Design, calibrate, drifted, fabricate, load_chip, save_chip
from mirage_core import load_machine
from photonics.errors import InputError

SHAPE = ArrayShape(2, 3, 4)
OVERRIDES = ["multiplier.static_phase_rms_rad=0.1", "receiver.adc_inl_rms_lsb=0.1"]
MACHINE = load_machine("robust", [*OVERRIDES, "calibration.reads=256", "bfp.group_size=4"])


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A file of a calibrated chip that has drifted."""
    path = tmp_path_factory.mktemp("chip") / "a.chip"
    save_chip(drifted(calibrate(fabricate(MACHINE.design, (7, 31), SHAPE, 3))), path)
    return path.read_bytes()


def refused(path: Path, content: bytes, match: str) -> None:
    path.write_bytes(content)
    with pytest.raises(InputError, match=match) as caught:
        load_chip(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_every_flipped_bit_is_found(written: bytes, tmp_path: Path) -> None:
    path = tmp_path / "a.chip"
    path.write_bytes(written)
    load_chip(path)
    for place in range(0, len(written), len(written) // 97):
        damaged = bytearray(written)
        damaged[place] ^= 1 << place % 8
        refused(path, bytes(damaged), "is damaged|is not a chip|another version")


def test_what_is_no_whole_chip_is_refused(written: bytes, tmp_path: Path) -> None:
    path = tmp_path / "a.chip"
    refused(path, written[: len(written) // 2], "is damaged")
    refused(path, written + b"x", "is damaged")
    for text in (b"", b"hello world", b"no chip", b"mirage"):
        refused(path, text, "is not a chip")
    refused(path, written.replace(b"mirage chip 4", b"mirage chip 2", 1), "another version")
    torch.save({"format": "mirage chip 1"}, path)
    refused(path, path.read_bytes(), "is not a chip")
    with pytest.raises(InputError, match="cannot be read"):
        load_chip(tmp_path / "none.chip")
    with pytest.raises(InputError, match="cannot be read"):
        load_chip(tmp_path)
    with pytest.raises(InputError, match="cannot be written"):
        save_chip(fabricate(Design(), (7,), SHAPE, 0), tmp_path / "absent" / "a.chip")


def forged(written: bytes, change: Callable[[dict[str, Any]], None]) -> bytes:
    """The file with other content under a digest that fits."""
    head, _, body = written.partition(b"\n")
    content = torch.load(io.BytesIO(body), weights_only=True)
    change(content)
    buffer = io.BytesIO()
    torch.save(content, buffer)
    body = buffer.getvalue()
    return b" ".join([*head.split(b" ")[:3], sha256(body).hexdigest().encode()]) + b"\n" + body


def with_part(*path: Any, value: Any) -> Callable[[dict[str, Any]], None]:
    def change(content: dict[str, Any]) -> None:
        part: Any = content
        for step in path[:-1]:
            part = part[step]
        part[path[-1]] = value(part[path[-1]]) if callable(value) else value

    return change


@pytest.mark.parametrize(
    ("change", "word"),
    [
        (with_part("seed", value="x"), "x"),
        (with_part("shape", "rows", value=5), "shape"),
        (with_part("shape", "rows", value=0), "rows"),
        (with_part("fabricated", value=[1]), "1"),
        (with_part("fabricated", 31, value=None), ""),
        (
            with_part("fabricated", 31, "statics", "drive_gain", value=lambda t: t * torch.nan),
            "finite",
        ),
        (with_part("fabricated", 31, "splitter_db", value=lambda t: t[:1]), "splitter_db"),
        (with_part("fabricated", 31, "transitions", value=None), "transitions"),
        (with_part("fabricated", 31, "hybrid", "transfer", value=lambda t: t.real), "transfer"),
        (with_part("trims", 31, "digit_rad", value=lambda t: t.float()), "digit_rad"),
        (with_part("trims", 31, "offset", value=lambda t: t[..., :0]), "offset"),
        (with_part("trims", value={33: {}}), "33"),
        (with_part("drifts", 7, "rail_rad", value=lambda t: t + torch.inf), "rail_rad"),
        (with_part("design", value="{}x"), ""),
        (lambda content: content.pop("trims"), "trims"),
        (
            lambda content: content["fabricated"].update({33: content["fabricated"].pop(31)}),
            "fabricated.33",
        ),
    ],
)
def test_forged_content_is_refused(
    written: bytes, tmp_path: Path, change: Callable[[dict[str, Any]], None], word: str
) -> None:
    path = tmp_path / "a.chip"
    path.write_bytes(forged(written, lambda _: None))
    load_chip(path)
    refused(path, forged(written, change), f"does not hold a chip.*{word}")
