"""The tabulated drive curve: through its points, monotone, exactly inverted."""

from __future__ import annotations

import pytest
import torch

from devices.shifters.drive_curve import DriveCurve, in_range
from photonics.errors import InputError

CURVE = DriveCurve(drive=(0.0, 0.3, 0.7, 1.0, 1.08), response=(0.0, 0.05, 0.4, 0.9, 1.3))


def test_passes_through_its_points_and_rises() -> None:
    assert CURVE.at(torch.tensor(CURVE.drive, dtype=torch.float64)).tolist() == pytest.approx(
        CURVE.response
    )
    fine = CURVE.at(torch.linspace(0.0, 1.08, 2001, dtype=torch.float64))
    assert bool((fine.diff() > 0).all())


def test_inverse_is_exact_both_ways() -> None:
    drive = torch.linspace(0.0, 1.08, 1001, dtype=torch.float64).reshape(7, 143)
    assert torch.allclose(CURVE.inverse(CURVE.at(drive)), drive, rtol=0, atol=1e-12)
    response = torch.linspace(0.0, 1.3, 777, dtype=torch.float64)
    assert torch.allclose(CURVE.at(CURVE.inverse(response)), response, rtol=0, atol=1e-14)


def test_a_straight_line_stays_straight() -> None:
    line = DriveCurve(drive=(0.0, 1.0, 3.0), response=(1.0, 3.0, 7.0))
    drive = torch.linspace(0.0, 3.0, 31, dtype=torch.float64)
    assert torch.allclose(line.at(drive), 1.0 + 2.0 * drive, atol=1e-14)


@pytest.mark.parametrize(
    ("drive", "response", "named"),
    [
        ((0.0, 1.0, 2.0), (0.0, 1.0, 0.9), r"response\[2\] = 0.9"),
        ((0.0, 1.0, 1.0), (0.0, 1.0, 2.0), r"drive\[2\] = 1.0"),
        ((0.0, 1.0, 2.0), (0.0, 1.0, 1.0), r"response\[2\]"),
        ((0.0, 1.0), (0.0, 1.0), "3 or more"),
        ((0.0, 1.0, 2.0), (0.0, 1.0), "one length"),
        ((0.0, float("nan"), 2.0), (0.0, 1.0, 2.0), "finite"),
    ],
)
def test_refuses_bad_tables(
    drive: tuple[float, ...], response: tuple[float, ...], named: str
) -> None:
    with pytest.raises(InputError, match=named):
        DriveCurve(drive=drive, response=response)


def test_refuses_outside_the_table_but_forgives_rounding() -> None:
    with pytest.raises(InputError, match=r"drive = 1\.2"):
        CURVE.at(1.2)
    with pytest.raises(InputError, match=r"response = -0\.1"):
        CURVE.inverse(torch.tensor([0.1, -0.1]).double())
    with pytest.raises(InputError, match="nan"):
        in_range("drive_v", float("nan"), 0.0, 1.0)
    assert float(in_range("drive_v", 1.0 + 1e-13, 0.0, 1.0)) == 1.0
