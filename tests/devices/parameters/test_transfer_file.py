"""Measured transfers as values: rows, or the name of a file."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from devices.parameters.part import Part, quantity
from devices.parameters.parts_file import read_entry
from devices.parameters.transfer_file import MeasuredRows, read_transfer, rows_of, transfer_of
from photonics.errors import InputError
from photonics.measured_transfer import MeasuredTransfer
from photonics.optics import coupler_matrix
from tests.devices.measured_files import light_m, write_csv

TRANSFER = MeasuredTransfer(light_m(4), coupler_matrix(0.2).expand(4, 2, 2))


class Measured(Part):
    """Of a measurement alone."""

    measured: MeasuredRows = quantity(..., "transfer", source="measurement")


def test_rows_are_exact() -> None:
    found = transfer_of(rows_of(TRANSFER))
    assert torch.equal(found.matrix, TRANSFER.matrix)
    assert torch.equal(found.wavelength_m, TRANSFER.wavelength_m)


@pytest.mark.parametrize("rows", [(), ((1.55e-6,),), ((1.55e-6, 1.0),), ((1.0,) * 3, (1.0,) * 9)])
def test_rows_of_no_matrix_are_refused(rows: tuple[tuple[float, ...], ...]) -> None:
    with pytest.raises(InputError, match=r"measured = 'rows of .*two numbers for every entry"):
        transfer_of(rows, "measured")


def test_a_part_holds_what_its_file_held(tmp_path: Path) -> None:
    part = Measured(measured=write_csv(tmp_path / "c.csv", TRANSFER))
    assert part.measured == rows_of(TRANSFER)
    assert Measured.model_validate_json(part.model_dump_json()) == part
    assert len(repr(part)) < 200


def test_a_part_file_names_what_lies_beside_it(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    write_csv(tmp_path / "data" / "C.CSV", TRANSFER)
    path = tmp_path / "mine.toml"
    for name in ("data/C.CSV", r"data\\C.CSV"):
        path.write_text(f'measured = "{name}"\n')
        assert read_entry(path, Measured)[0].measured == rows_of(TRANSFER)


def test_what_is_wrong_is_told_with_the_line_of_the_part(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text('description = "ours"\nmeasured = "none.csv"\n')
    with pytest.raises(InputError, match=r"mine\.toml:2: measured\.path = .*none\.csv.*existing"):
        read_entry(path, Measured)


@pytest.mark.parametrize("name", ["c.txt", "c", "c.s4", "c.sp"])
def test_other_files_are_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("1")
    with pytest.raises(InputError, match=r"must end in \.csv, in \.s3p"):
        read_transfer(tmp_path / name)
    with pytest.raises(InputError, match="must be an existing csv or Touchstone file"):
        read_transfer(tmp_path / "none.s4p")
