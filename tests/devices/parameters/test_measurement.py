"""What is asked of every measured device, whatever its kind."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
import torch
from torch import Tensor

from devices.parameters.transfer_file import rows_of
from devices.passive.measured import MeasuredCoupler
from photonics.errors import InputError
from photonics.measured_transfer import MeasuredTransfer
from photonics.optics import coupler_matrix, phasor
from photonics.units import SPEED_OF_LIGHT_M_PER_S
from tests.devices.measured_files import light_m, measured, two_sided, write_csv

DELAY_S = 2e-12


def matrix() -> Tensor:
    """A coupler behind leads, as this project writes it: (21, 4, 4)."""
    lead = phasor(2 * math.pi * DELAY_S * SPEED_OF_LIGHT_M_PER_S / light_m(81))[:, None, None]
    return two_sided(lead * coupler_matrix(0.4, 0.3), 4)


def coupler(fields: Tensor, **values: object) -> MeasuredCoupler:
    rows = rows_of(measured(fields, light_m(len(fields), 1.53e-6, 1.57e-6)))
    return MeasuredCoupler(measured=rows, **values)


def test_a_delay_is_negative_in_files_and_positive_here() -> None:
    ours = coupler(matrix()).transfers["measured"]
    assert torch.equal(ours.matrix, matrix())
    assert ours.delay_s == pytest.approx(DELAY_S, rel=1e-6, abs=0)
    rows = rows_of(MeasuredTransfer(light_m(81), matrix()))
    assert torch.equal(
        MeasuredCoupler(measured=rows, delay_sign="positive").transfers["measured"].matrix, matrix()
    )
    with pytest.raises(InputError, match=r"^measured = 'delay of -2e-12 s'.*set delay_sign"):
        MeasuredCoupler(measured=rows)


def test_gain_is_refused() -> None:
    louder = matrix() * 10 ** (0.45 / 20)
    with pytest.raises(
        InputError, match=r"^measured = 'gain of 0\.15 dB at 1\.5.*with gain"
    ) as told:
        coupler(louder)
    assert "\n" not in str(told.value)
    assert coupler(louder, gain_tolerance_db=0.16).excess_loss_db == pytest.approx(-0.15)


def test_what_is_not_reciprocal_is_refused() -> None:
    fields = matrix()
    fields[:, 0, 2] *= 0.9
    with pytest.raises(InputError, match=r"^measured = 'S13 and S31 differ by .*not reciprocal"):
        coupler(fields)
    coupler(fields, reciprocity_tolerance=0.1)


def test_too_few_wavelengths_are_refused_at_the_working_wavelength() -> None:
    every, few = light_m(81), light_m(81)[::3]
    rows = rows_of(measured(matrix()[::3], few))
    with pytest.raises(InputError, match=r"^measured = '27 wavelengths': too few wavelengths"):
        MeasuredCoupler(measured=rows, wavelength_m=float(every[4]))
    MeasuredCoupler(measured=rows, wavelength_m=float(every[3]))


def test_a_larger_error_can_be_let_pass() -> None:
    at_m = light_m(41)
    split = 0.5 + 0.4 * torch.cos(torch.arange(41) * math.pi / 2)
    fields = two_sided(torch.stack([coupler_matrix(float(x)) for x in split]), 4)
    rows = rows_of(measured(fields, at_m))
    light = {"wavelength_m": float(at_m[20:22].mean())}
    with pytest.raises(InputError, match=r"a field may be wrong by 0\.\d+, and 0\.01 is the most"):
        MeasuredCoupler(measured=rows, **light)
    MeasuredCoupler(measured=rows, largest_error=0.5, **light)


@pytest.mark.parametrize(
    ("ports", "told"),
    [
        ({"input_ports": (1, 5)}, r"input_ports = 5: must be a port from 1 to 4"),
        ({"input_ports": (0, 1)}, r"input_ports = 0: must be a port from 1 to 4"),
        ({"output_ports": (2, 4)}, r"output_ports = 2: .*input_ports has it already"),
        ({"output_ports": (3,)}, r"output_ports\[1\] = None: must be given"),
        ({"output_ports": (True, 4)}, r"output_ports\[0\] = True: must be a whole number"),
    ],
)
def test_ports_are_numbers_of_the_file(ports: dict[str, object], told: str) -> None:
    with pytest.raises(InputError, match=told):
        coupler(matrix(), **ports)


def test_a_file_is_named_in_one_line(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "c.csv", measured(matrix(), light_m(81)))
    assert MeasuredCoupler(measured=path) == coupler(matrix())
    with pytest.raises(InputError, match=r"^measured\.path = .*none\.csv': must be an existing"):
        MeasuredCoupler(measured=str(tmp_path / "none.csv"))
