"""Touchstone files, and one line without the reader or with a damaged file."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import pytest
import torch

from devices.parameters.touchstone import read_touchstone
from photonics.errors import InputError
from photonics.measured_transfer import MeasuredTransfer
from tests.devices.measured_files import light_m, touchstone_text

needs_scikit_rf = pytest.mark.skipif(
    importlib.util.find_spec("skrf") is None, reason="scikit-rf is not installed"
)


def transfer(ports: int) -> MeasuredTransfer:
    """Every entry another number."""
    count = 5 * ports * ports
    numbers = torch.arange(count, dtype=torch.float64).reshape(5, ports, ports) / (10 * count)
    return MeasuredTransfer(light_m(5), torch.complex(numbers, 0.5 - numbers))


@needs_scikit_rf
@pytest.mark.parametrize("ports", [1, 2, 3, 4])
def test_what_was_written_comes_back(tmp_path: Path, ports: int) -> None:
    path = tmp_path / f"Device.S{ports}P"
    path.write_text(touchstone_text(transfer(ports)))
    found = read_touchstone(path)
    torch.testing.assert_close(found.wavelength_m, light_m(5), rtol=1e-15, atol=0)
    assert torch.equal(found.matrix, transfer(ports).matrix)


@needs_scikit_rf
def test_decibels_and_degrees(tmp_path: Path) -> None:
    path = tmp_path / "d.s1p"
    lines = [f"{f} -3 {45 * n}" for n, f in enumerate((193_000, 193_500, 194_000))]
    path.write_text("\n".join(["# GHz S DB R 50", *lines]))
    field = read_touchstone(path).matrix[:, 0, 0]
    phases = torch.tensor([90.0, 45.0, 0.0], dtype=torch.float64).deg2rad()
    torch.testing.assert_close(field, torch.polar(torch.full((3,), 10**-0.15).double(), phases))


@needs_scikit_rf
def test_files_of_windows_and_simulators(tmp_path: Path) -> None:
    path = tmp_path / "d.s3p"
    text = touchstone_text(transfer(3)).replace("# GHz", "! Gamma ! 1 2\n! Prüfling\n# GHz")
    for written in (
        text.replace("\n", "\r\n").encode("latin-1"),
        text.encode("utf-8-sig"),
        text.encode("utf-16"),
    ):
        path.write_bytes(written)
        assert torch.equal(read_touchstone(path).matrix, transfer(3).matrix)


def second_version(announced: int) -> str:
    """The lower triangle alone, as the second version of the format allows."""
    lines = ["[Version] 2.0", "# GHz S RI", "[Number of Ports] 2"]
    lines += ["[Two-Port Data Order] 12_21", f"[Number of Frequencies] {announced}"]
    lines += ["[Matrix Format] Lower", "[Network Data]"]
    lines += [f"{f} 0.1 0 0.7 -0.2 0.3 0" for f in (193_000, 193_500, 194_000)]
    return "\n".join([*lines, "[End]", ""])


@needs_scikit_rf
def test_the_second_version(tmp_path: Path) -> None:
    path = tmp_path / "d.ts"
    path.write_text(second_version(3))
    expected = torch.tensor([[0.1, 0.7 - 0.2j], [0.7 - 0.2j, 0.3]], dtype=torch.complex128)
    assert torch.equal(read_touchstone(path).matrix, expected.expand(3, 2, 2))
    path.write_text(second_version(4))
    with pytest.raises(InputError, match=r"d\.ts': must hold the 4 frequencies .*, not 3"):
        read_touchstone(path)


def edited(old: str, new: str) -> str:
    text = touchstone_text(transfer(2))
    assert old in text
    return text.replace(old, new)


@needs_scikit_rf
@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", r"0 wavelengths.*too few|no whole Touchstone file"),
        (edited("GHz S RI", "GHz Y RI"), r"must hold S-parameters, not Y"),
        (edited("GHz S RI", "parsec S RI"), r"no whole Touchstone file \(.*illegal"),
        (touchstone_text(transfer(3)), r"no whole Touchstone file"),
        (touchstone_text(transfer(2))[:-30], r"no whole Touchstone file"),
        (edited("0.5 ", "0_5 "), r"entry = '0_5': must be a number; .*d\.s2p, line 7"),
        (edited("0.5 ", "nan "), r"entry = 'nan': must be finite; .*d\.s2p, line 7"),
        (edited("0.5 ", "half "), r"entry = 'half': must be a number; .*line 7"),
        ("# GHz S RI R 50\n0 1 0 0 0 0 0 0 0\n", r"frequencies above 0"),
        ("# GHz S RI R 50\n10 1 0 0 0 0 0 0 0\n", r"too few"),
        (edited("GHz", "MHz"), r"wavelength_m = 0\.0015.*give metres"),
    ],
)
def test_damaged_files_get_one_line(tmp_path: Path, text: str, told: str) -> None:
    path = tmp_path / "d.s2p"
    path.write_text(text)
    with pytest.raises(InputError, match=told) as error:
        read_touchstone(path)
    assert "\n" not in str(error.value)


def test_without_the_reader_one_line_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "skrf", None)
    monkeypatch.setitem(sys.modules, "skrf.io.touchstone", None)
    path = tmp_path / "d.s2p"
    path.write_text(touchstone_text(transfer(2)))
    with pytest.raises(InputError, match=r"scikit-rf = None: must be installed.*\[touchstone\]"):
        read_touchstone(path)
