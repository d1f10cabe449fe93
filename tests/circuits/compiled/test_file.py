"""Compiled chips on disk: whole and of this version, or refused; and read as what was written."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import torch

from circuits import (
    CompiledChip,
    compile_chip,
    fabricate,
    load_compiled,
    row_wanders,
    save_compiled,
)
from circuits.compiled.file import _FORMAT
from mirage_core import TensorCore, load_machine
from mirage_core.engines.base import Operands
from mirage_core.engines.compact import CompactEngine
from photonics.errors import InputError
from photonics.random import NoiseKey
from tests.measured_heaters import by_row

DIM = ["array.units=2", "array.rows=3", "calibration.policy=none", "laser.power_w=2e-5"]
NOISY = ["receiver.tia.bandwidth_hz=1e9", "receiver.tia.noise_a_per_rthz=1e-11"]


@cache
def core() -> TensorCore:
    """One that errs now and then."""
    return TensorCore(load_machine("isca2024-ideal", [*DIM, *NOISY]))


def heated_by_row() -> CompiledChip:
    """One whose heaters were measured one by one."""
    heat = [*by_row(0.002, 80), "multiplier.heat.switch_coupling.law.nearest_coupling=1e-5"]
    coded = "multiplier.encoding=twos-complement"
    machine = load_machine("robust", [*DIM[:2], coded, *heat])
    return compile_chip(fabricate(machine.design, (31,), machine.array_shape, 0))


class OwnTuple(NamedTuple):
    """Numbers of a switch of somebody's own."""

    angle_rad: float


class OwnClass:
    """The same, written otherwise."""


@pytest.mark.parametrize("own", [OwnTuple(0.1), OwnClass()])
def test_numbers_of_somebodys_own_are_refused(own: Any, tmp_path: Path) -> None:
    arrays = heated_by_row().arrays[31]
    assert arrays.digits.warm is not None
    warm = replace(arrays.digits.warm, switches=(own, own))
    changed = replace(arrays, digits=replace(arrays.digits, warm=warm))
    with pytest.raises(InputError, match=f"{type(own).__name__}.* files do not hold"):
        save_compiled(replace(heated_by_row(), arrays={31: changed}), tmp_path / "own.compiled")


def test_heaters_of_a_row_are_read_as_they_were_written(tmp_path: Path) -> None:
    compiled = heated_by_row()
    save_compiled(compiled, tmp_path / "chip.compiled")
    place = torch.tensor([[0, 0, 0], [1, 1, 1]]), torch.arange(3)
    level = torch.randint(-15, 16, (2, 3, 16), generator=torch.Generator().manual_seed(2))
    parts = [
        chip.arrays[31].digits.select(*place, level)
        for chip in (compiled, load_compiled(tmp_path / "chip.compiled"))
    ]
    for written, read in zip(*parts, strict=True):
        assert torch.equal(written, read)


@pytest.mark.parametrize("later", [-1, 1])
def test_a_file_of_another_version_is_refused(later: int, tmp_path: Path) -> None:
    save_compiled(core().compiled, tmp_path / "this.compiled")
    text, tensors = _FORMAT.read(tmp_path / "this.compiled")
    other = replace(_FORMAT, version=_FORMAT.version + later)
    other.write(tmp_path / "other.compiled", {"content": text["content"]}, tensors)
    with pytest.raises(InputError, match=r"was written by another version .*compile it again"):
        load_compiled(tmp_path / "other.compiled")


@pytest.mark.parametrize("share", [0.0001, 0.01, 0.3, 0.9, 0.9999])
def test_a_file_cut_short_is_refused(share: float, tmp_path: Path) -> None:
    file = tmp_path / "cut.compiled"
    save_compiled(core().compiled, file)
    written = file.read_bytes()
    file.write_bytes(written[: int(share * len(written))])
    with pytest.raises(InputError, match=r"not a compiled chip|is damaged"):
        load_compiled(file)


def test_readings_slip_alike_on_a_chip_from_a_file(tmp_path: Path) -> None:
    save_compiled(core().compiled, tmp_path / "chip.compiled")
    loaded = load_compiled(tmp_path / "chip.compiled")
    generator = torch.Generator().manual_seed(3)
    stationary, streamed = (
        torch.randint(-15, 16, (3, n, 16), generator=generator).short() for n in (5, 20)
    )
    operands = Operands(stationary, streamed, max_dot=16 * 15 * 15)

    def read(chip: CompiledChip) -> tuple[torch.Tensor, list[dict[int, int]]]:
        engine = CompactEngine(chip, core().moduli)
        blocks = list(engine.blocks(operands, NoiseKey.from_seed(1)))
        return torch.cat([b.dots.flatten() for b in blocks]), [b.errors for b in blocks]

    (dots, errors), (again, errors_again) = read(core().compiled), read(loaded)
    assert torch.equal(dots, again)
    assert errors == errors_again
    assert sum(sum(each.values()) for each in errors) > 0


def test_rows_that_wander_as_others_are_refused(tmp_path: Path) -> None:
    wander = ["drift.step_s=1", "drift.rail_wander_rms_k=1e-3"]
    machine = load_machine("robust", [*DIM[:3], *wander])
    chip = fabricate(machine.design, (31, 32), machine.array_shape, 0)
    compiled = compile_chip(chip, row_wanders(chip))
    save_compiled(compiled, tmp_path / "good")
    rows = load_compiled(tmp_path / "good").arrays[31].wander
    assert rows is not None
    assert torch.equal(rows.digit_rad, row_wanders(chip)[31].digit_rad)
    for changes, told in (
        ({"modulus": 32}, "wander as those of others"),
        ({"base_rad": rows.base_rad[:, 1:]}, "wander in another shape"),
    ):
        other = replace(compiled.arrays[31], wander=replace(rows, **changes))
        save_compiled(replace(compiled, arrays={31: other}), tmp_path / "bad")
        with pytest.raises(InputError, match=told):
            load_compiled(tmp_path / "bad")
