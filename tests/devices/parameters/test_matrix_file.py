"""Matrices in files as people have them: separators, marks, endings; what is no number."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from devices.heat.thermal_crosstalk import HeaterCoupling
from devices.parameters.matrix_file import read_matrix
from photonics.errors import InputError

MATRIX = [[1.0, 0.25], [-0.5, 1e-3]]


@pytest.mark.parametrize(
    "text",
    [
        b"1,0.25\n-0.5,1e-3\n",
        b"1;.25\n-0.5;0.001",
        b"1\t0.25\n-.5\t1E-03\n",
        b"1 0.25\n-0.5   +1e-3\n",
        b"\xef\xbb\xbf1,0.25\r\n-0.5,1e-3\r\n",
        b"1.,0.25\r-0.5,1e-3\r",
        b'"1","0.25"\n"-0.5", " 1e-3 "\n',
        b'"1";0.25\n"-0.5"\t"1e-3"\n',
        b'"1"  "0.25"\n-0.5 "1e-3"\n',
        "# Wärme\r\n1,0.25\r\n-0.5,1e-3\r\n".encode("utf-16"),
        b"\xfe\xff" + '"1"\t0.25\n-0.5\t1e-3'.encode("utf-16-be"),
        b"# K\n\n 1 , 0.25 \n  # more\n-0.5,1e-3\n\n",
    ],
)
@pytest.mark.parametrize("name", ["k.csv", "K.CSV"])
def test_reads_what_spreadsheets_and_instruments_write(
    tmp_path: Path, text: bytes, name: str
) -> None:
    (tmp_path / name).write_bytes(text)
    assert read_matrix(tmp_path / name).matrix.tolist() == MATRIX


@pytest.mark.parametrize("order", ["<f8", ">f8", "<f4", ">i2"])
@pytest.mark.parametrize("name", ["k.npy", "K.NPY"])
def test_reads_arrays_of_either_byte_order(tmp_path: Path, order: str, name: str) -> None:
    with (tmp_path / name).open("wb") as file:
        np.save(file, np.asfortranarray(np.array([[1, 2], [3, 4]], dtype=order)))
    assert read_matrix(tmp_path / name).matrix.tolist() == [[1.0, 2.0], [3.0, 4.0]]


def test_a_path_of_windows_is_found(tmp_path: Path) -> None:
    (tmp_path / "lab").mkdir()
    (tmp_path / "lab" / "K.csv").write_text("1,0.1\n0.1,1\n")
    assert read_matrix(tmp_path / "lab\\K.csv").matrix.shape == (2, 2)
    context = {"folder": tmp_path}
    part = HeaterCoupling.model_validate({"measured": "lab\\K.csv"}, context=context)
    assert part.measured == ((1.0, 0.1), (0.1, 1.0))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("1_000,0\n", r"matrix\[0, 0\] = '1_000': must be a number; see .*k.csv, line 1"),
        ("1,0\n0,\u0661\n", r"matrix\[1, 1\] = '\u0661': must be a number"),
        ("1,2+3j\n", r"matrix\[0, 1\] = '2\+3j': must be a real number"),
        ("1;0,5\n", r"matrix\[0, 1\] = '0,5': must be a number with a decimal point"),
        ("1,0x10\n", r"matrix\[0, 1\] = '0x10': must be a number"),
        ('"1,5";2\n', r"matrix\[0, 0\] = '1,5': must be a number with a decimal point"),
        ('"1,0"\n', r"""matrix\[0, 0\] = '"1': must be a number; see .*, line 1"""),
        ('""\n', r"matrix\[0, 0\] = '': must be a number"),
        ("1,,2\n", r"matrix\[0, 1\] = '': must be a number"),
        ("1,-Inf\n", r"matrix\[0, 1\] = '-Inf': must be finite; see .*, line 1"),
        ("1,2\n3,NaN\n", r"matrix\[1, 1\] = 'NaN': must be finite; see .*, line 2"),
        ("1,2\n\n3,1e999\n", r"matrix\[1, 1\] = '1e999': must be finite; see .*, line 3"),
        ("", "holds no numbers"),
        ("\ufeff# nothing\r\n\r\n", "holds no numbers"),
        ("1,2\n3\n", r"matrix\[1\] = '1 columns': must have 2"),
    ],
)
def test_what_is_no_finite_number_gets_a_line(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "k.csv").write_text(text, encoding="utf-8", newline="")
    with pytest.raises(InputError, match=message) as error:
        read_matrix(tmp_path / "k.csv")
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    "text", [b"\xff\xfe1\x00,", "1,2\n".encode("utf-16-le"), "1,2\n".encode("utf-32"), b"1,\xb5\n"]
)
def test_text_in_another_encoding_gets_a_line(tmp_path: Path, text: bytes) -> None:
    (tmp_path / "k.csv").write_bytes(text)
    with pytest.raises(InputError, match=r"k\.csv") as error:
        read_matrix(tmp_path / "k.csv")
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("array", "message"),
    [
        (np.eye(2, dtype=np.complex64), "must hold real numbers, not complex64"),
        (np.array([[1.0, np.nan]]), r"matrix\[0, 1\] = nan: must be finite; see .*row 0"),
        (np.array([[1.0], [-np.inf]]), r"matrix\[1, 0\] = -inf: must be finite; see .*row 1"),
        (np.zeros((0, 2)), "holds no numbers"),
        (np.array([["1"]]), "must hold real numbers"),
    ],
)
def test_arrays_of_no_finite_numbers_get_a_line(
    tmp_path: Path, array: np.ndarray, message: str
) -> None:
    np.save(tmp_path / "k.npy", array)
    with pytest.raises(InputError, match=message):
        read_matrix(tmp_path / "k.npy")
