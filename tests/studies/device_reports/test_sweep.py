"""Sweeps as they are written on a command line."""

from __future__ import annotations

import pytest

from photonics.errors import InputError
from studies.device_reports.sweep import parse_sweep


def test_both_ends_are_there() -> None:
    found = parse_sweep("wavelength_m=1.53e-6:1.57e-6:5")
    assert found.tolist() == pytest.approx([1.53e-6, 1.54e-6, 1.55e-6, 1.56e-6, 1.57e-6], abs=1e-18)
    assert (float(found[0]), float(found[-1])) == (1.53e-6, 1.57e-6)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "must read wavelength_m=first:last:count"),
        ("wavelength_m=1.5e-6:1.6e-6", "must read wavelength_m=first:last:count"),
        ("wavelength_nm=1500:1600:9", "must read wavelength_m=first:last:count"),
        ("wavelength_m=1500:1600:9", r"wavelength_m = 1500.0: .*give metres"),
        ("wavelength_m=1_5e-7:1.6e-6:9", r"--sweep = '1_5e-7': must be a number"),
        ("wavelength_m=a:1.6e-6:9", r"--sweep = 'a': must be a number"),
        ("wavelength_m=1.5e-6:1.6e-6:1", r"--sweep = '1': its count must be .* from 2 to 100001"),
        ("wavelength_m=1.5e-6:1.6e-6:1_0", r"--sweep = '1_0': its count must be"),
        ("wavelength_m=1.5e-6:1.6e-6:999999", r"--sweep = '999999': its count must be"),
        ("wavelength_m=1.6e-6:1.5e-6:9", "must begin below where it ends"),
    ],
)
def test_mistakes_get_one_line(text: str, told: str) -> None:
    with pytest.raises(InputError, match=told):
        parse_sweep(text)
