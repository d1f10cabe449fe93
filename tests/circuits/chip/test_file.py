"""Files of chips that are damaged, forged, old, or no chips at all."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import load, save
from torch import Tensor

from circuits import Design, calibrate, drifted, fabricate, load_chip, save_chip
from circuits.chip.file import _tensors
from mirage_core import load_machine
from photonics.errors import InputError
from photonics.sealed_file import _digest, _head
from tests.circuits.designs import SHAPE
from tests.measured_heaters import by_row, by_stencil

OVERRIDES = [
    "multiplier.coherence_length_m=0.0166",
    "multiplier.index_rms=0",
    "receiver.adc_inl_rms_lsb=0.1",
]
DESIGN = load_machine("robust", [*OVERRIDES, "calibration.reads=256", "bfp.group_size=4"]).design
NO_DIGEST = "0" * 64


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A file of a calibrated chip that has drifted."""
    path = tmp_path_factory.mktemp("chip") / "a.chip"
    save_chip(drifted(calibrate(fabricate(DESIGN, (7, 31), SHAPE, 3))), path)
    return path.read_bytes()


def refused(path: Path, content: bytes, match: str) -> None:
    path.write_bytes(content)
    with pytest.raises(InputError, match=match) as caught:
        load_chip(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


# A row of four multipliers of 31, or of 29 in place of 7, is 2 x 4 x 5 heaters.
MEASURED = ["bfp.group_size=4", "moduli=[29, 31, 32]", "multiplier.heat.switch_share=0"]


@pytest.mark.parametrize(
    ("name", "heat", "first"),
    [
        ("robust", [], 7),
        ("thermo-optic", [], 7),
        ("robust", [*by_stencil(0.002), *MEASURED], 29),
        ("robust", [*by_row(0.002, 20), *MEASURED], 29),
        ("robust", [*by_row(0.002, 20, 1), *MEASURED, "multiplier.rails=single"], 29),
    ],
)
def test_what_is_read_is_what_was_written(
    name: str, heat: list[str], first: int, tmp_path: Path
) -> None:
    design = load_machine(name, ["receiver.adc_inl_rms_lsb=0.1", *heat]).design
    chip = drifted(fabricate(design, (first, 31), SHAPE, 2**64 - 3))
    chip = drifted(chip.with_trims({31: chip.untrimmed(31)}))
    save_chip(chip, tmp_path / "a.chip")
    again = load_chip(tmp_path / "a.chip")
    assert again.design == design
    assert (again.shape, again.seed) == (chip.shape, chip.seed)
    before, after = _tensors(chip), _tensors(again)
    assert list(before) == list(after)
    for part, tensor in before.items():
        assert torch.equal(tensor, after[part]), part
        assert tensor.dtype == after[part].dtype, part
    for modulus in (first, 31):
        there, back = chip.fabricated[modulus].heat, again.fabricated[modulus].heat
        assert (there is None) == (back is None)
        assert there is None or back is None or torch.equal(there.kernel, back.kernel)


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
    refused(path, written[: len(_head(written)) // 2], "is damaged")
    refused(path, written + b"x", "is damaged")
    for text in (b"", b"hello world", b"no chip", b"mirage"):
        refused(path, text, "is not a chip")
    refused(path, save({"x": torch.zeros(2)}, metadata={"format": "pt"}), "is not a chip")
    refused(path, b"mirage chip 3 0123\nPK", "another version")
    newer = written.replace(b"mirage chip 6", b"mirage chip 7", 1)
    refused(path, resealed(newer), "another version .mirage chip 7, not mirage chip 6")
    torch.save({"format": "mirage chip 1"}, path)
    refused(path, path.read_bytes(), "is not a chip")
    with pytest.raises(InputError, match="must be an existing file"):
        load_chip(tmp_path / "none.chip")
    with pytest.raises(InputError, match="is a folder"):
        load_chip(tmp_path)
    with pytest.raises(InputError, match="cannot be written"):
        save_chip(fabricate(Design(), (7,), SHAPE, 0), tmp_path / "absent" / "a.chip")


def test_tensors_of_another_file_do_not_fit(written: bytes, tmp_path: Path) -> None:
    path = tmp_path / "b.chip"
    save_chip(drifted(calibrate(fabricate(DESIGN, (7, 31), SHAPE, 4))), path)
    other = path.read_bytes()
    assert len(_head(other)) == len(_head(written))
    refused(path, _head(written) + other[len(_head(other)) :], "is damaged")


def resealed(content: bytes) -> bytes:
    """A file with the digest that fits it."""
    noted = json.loads(_head(content)[8:])["__metadata__"]["digest"]
    return content.replace(noted.encode(), _digest(content, noted).encode(), 1)


Stored = dict[str, Tensor]
Text = dict[str, str]


def forged(written: bytes, change: Callable[[Stored, Text], object]) -> bytes:
    """The file with other content under a digest that fits."""
    text = json.loads(_head(written)[8:])["__metadata__"]
    stored = load(written)
    change(stored, text)
    return resealed(save(stored, metadata=text | {"digest": NO_DIGEST}))


def with_tensor(name: str, value: Callable[[Tensor], Tensor]) -> Callable[[Stored, Text], object]:
    return lambda stored, _: stored.update({name: value(stored[name]).contiguous()})


def with_text(**values: str) -> Callable[[Stored, Text], object]:
    return lambda _, text: text.update(values)


def without(name: str) -> Callable[[Stored, Text], object]:
    return lambda stored, text: (stored.pop(name, None), text.pop(name, None))


@pytest.mark.parametrize(
    ("change", "word"),
    [
        (with_text(seed="x"), "x"),
        (with_text(shape='{"units": 2, "rows": 5, "length": 4}'), "shape"),
        (with_text(shape='{"units": 2, "rows": 0, "length": 4}'), "rows"),
        (with_text(shape="[1]"), ""),
        (with_text(moduli="[1]"), "1"),
        (with_text(moduli="7"), ""),
        (with_text(moduli="[7, 33]"), "31"),
        (with_text(trimmed="[7, 31, 33]"), "missing"),
        (with_text(drifted="[7]"), "drifts.31"),
        (with_text(design="{}x"), ""),
        (without("shape"), "shape"),
        (without("fabricated.31.splitter_db"), "splitter_db"),
        (without("fabricated.31.transitions"), "transitions"),
        (with_tensor("fabricated.31.drive_gain", lambda t: t * torch.nan), "finite"),
        (with_tensor("fabricated.31.splitter_db", lambda t: t[:1]), "splitter_db"),
        (with_tensor("fabricated.31.transfer", lambda t: t[..., :1]), "transfer"),
        (with_tensor("trims.31.digit_rad", lambda t: t.float()), "digit_rad"),
        (with_tensor("trims.31.offset", lambda t: t[..., :0]), "offset"),
        (with_tensor("drifts.7.rail_rad", lambda t: t + torch.inf), "rail_rad"),
    ],
)
def test_forged_content_is_refused(
    written: bytes, tmp_path: Path, change: Callable[[Stored, Text], object], word: str
) -> None:
    path = tmp_path / "a.chip"
    path.write_bytes(forged(written, lambda *_: None))
    load_chip(path)
    refused(path, forged(written, change), f"does not hold a chip.*{word}")
