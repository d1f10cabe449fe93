"""S-parameters in csv files, as people have them, and what is no such file."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from devices.parameters.transfer_csv import read_transfer_csv
from photonics.errors import InputError
from photonics.measured_transfer import MeasuredTransfer
from photonics.optics import coupler_matrix
from tests.devices.measured_files import csv_text, light_m

HEADER = "wavelength_m,s11_re,s11_im\n"
ROWS = "1.54e-6,0.1,0\n1.55e-6,0.2,0.1\n1.56e-6,0.3,0\n"


def coupler() -> MeasuredTransfer:
    """With an entry that tells every place from every other."""
    at_m = light_m(5)
    apart = torch.arange(20).reshape(5, 2, 2) * 1e-3
    return MeasuredTransfer(at_m, 0.9 * coupler_matrix(0.4) + apart)


@pytest.mark.parametrize("polar", [False, True])
@pytest.mark.parametrize("unit", ["m", "nm"])
@pytest.mark.parametrize("separator", [",", ";", "\t", " "])
def test_what_was_written_comes_back(
    tmp_path: Path, unit: str, polar: bool, separator: str
) -> None:
    path = tmp_path / "c.csv"
    path.write_text(csv_text(coupler(), unit=unit, polar=polar, separator=separator))
    found = read_transfer_csv(path)
    torch.testing.assert_close(found.wavelength_m, light_m(5), rtol=1e-15, atol=0)
    torch.testing.assert_close(found.matrix, coupler().matrix, rtol=0, atol=1e-15)


def test_files_of_spreadsheets(tmp_path: Path) -> None:
    path = tmp_path / "c.csv"
    header, _, rows = csv_text(coupler()).partition("\n")
    quoted = ",".join(f'" {name.upper()} "' for name in header.split(","))
    text = f"# lot 7\r\n\r\n{quoted}\r\n" + rows.replace("\n", "\r\n")
    for encoding in ("utf-8-sig", "utf-16"):
        path.write_bytes(text.encode(encoding))
        assert torch.equal(read_transfer_csv(path).matrix, coupler().matrix)


def test_1550_is_1550(tmp_path: Path) -> None:
    path = tmp_path / "c.csv"
    path.write_text("wavelength_nm,s11_re,s11_im\n1550,0,0\n1550.5,0,0\n1551,0,0\n")
    assert read_transfer_csv(path).wavelength_m.tolist() == [1.55e-6, 1.5505e-6, 1.551e-6]


def test_the_way_back_is_that_of_the_way_there(tmp_path: Path) -> None:
    path = tmp_path / "c.csv"
    path.write_text(csv_text(coupler(), keep=lambda out, entering: out >= entering))
    there = coupler().matrix
    expected = there.tril() + there.tril(-1).mT
    assert torch.equal(read_transfer_csv(path).matrix, expected)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", r"path = '.*c\.csv': holds no columns"),
        ("# nothing\n\n", r"holds no columns"),
        (ROWS, r"columns = '1\.54e-6': must be wavelength_m, .*c\.csv, line 1"),
        ("wavelength_um" + HEADER[12:] + ROWS, r"columns = 'wavelength_um': must be wavelength_m"),
        ("s11_re,s11_im\n", r"columns = None: must name one of wavelength_m, wavelength_nm"),
        (HEADER[:-1] + ",wavelength_nm\n", r"'wavelength_m, wavelength_nm': must name one of"),
        (HEADER[:-1] + ",S11_IM\n", r"columns = 's11_im': must be there once"),
        ("wavelength_m\n1.55e-6\n", r"must name entries"),
        ("wavelength_m,s11_re\n", r"'s11_re': must be s11_re and s11_im, or s11_db and s11_deg"),
        ("wavelength_m,s11_re,s11_deg\n", r"'s11_re, s11_deg': must be s11_re and s11_im"),
        ("wavelength_m,s21_re,s21_im\n", r"'no s11': must name all 2 ports; give zeros"),
        (HEADER + "1.54e-6,0\n", r"columns = 2: must be 3, as in its header; .*c\.csv, line 2"),
        (HEADER + ROWS.replace("0.2", "0_2"), r"s11_re = '0_2': must be a number; .*line 3"),
        (HEADER + ROWS.replace("0.2", "nan"), r"s11_re = 'nan': must be finite; .*line 3"),
        (HEADER + ROWS.replace("0.2", "0.2j"), r"s11_re = '0\.2j': must be a real number"),
        (
            (HEADER + ROWS).replace(",", ";").replace("0.2", "0,2"),
            r"s11_re = '0,2': must be a number with a decimal point; .*line 3",
        ),
        (HEADER + ROWS[: ROWS.index("1.56")], r"2 wavelengths.*too few wavelengths"),
        (HEADER, r"0 wavelengths.*too few wavelengths"),
        (HEADER + ROWS.replace("1.55e-6", "1550"), r"wavelength_m = 1550\.0: .*give metres"),
        (HEADER + ROWS.replace("1.55e-6", "1.54e-6"), r"wavelength_m = 1\.54e-06: .*once"),
        (
            "wavelength_m,s11_db,s11_deg\n" + ROWS.replace("0.2", "1e9"),
            r"must hold fields of at most 1000",
        ),
        (HEADER + ROWS.replace("0.2", "1e999"), r"s11_re = '1e999': must be finite; .*line 3"),
        (
            "wavelength_m,s11_db,s11_deg\n" + ROWS.replace("0.2,0.1", "0.2,1e999"),
            r"s11_deg = '1e999': must be finite",
        ),
    ],
)
def test_damaged_files_get_one_line(tmp_path: Path, text: str, told: str) -> None:
    path = tmp_path / "c.csv"
    path.write_text(text)
    with pytest.raises(InputError, match=told) as error:
        read_transfer_csv(path)
    assert "\n" not in str(error.value)


def test_another_encoding_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "c.csv"
    path.write_text("# Prüfling\n" + HEADER + ROWS, encoding="latin-1")
    with pytest.raises(InputError, match="UTF-8 or UTF-16"):
        read_transfer_csv(path)
